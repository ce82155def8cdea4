"""What can be proven of a rulebook before any patient is seen."""
