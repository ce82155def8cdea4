"""What could go wrong and what stops it: the hazard log as data."""
