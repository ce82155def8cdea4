"""Rulebooks with one defect each, and what must be said of it."""
