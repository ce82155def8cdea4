"""Documents: one data structure that the terminal, the app and every report format render."""
