"""Intake: patients from files into typed profiles, strictly; what is not understood is said."""
