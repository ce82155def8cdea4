"""The cohort document, and what it reads from a finished run."""
