"""What a curator works with: schemas of the rulebook's files, their field tables, and a new rulebook."""
