"""Cohorts of any size: streaming, checkpoints, outputs, digest, summary and recall."""
