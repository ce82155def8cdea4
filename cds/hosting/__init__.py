"""The conditions under which the app may be served: settings, sign-in and roles."""
