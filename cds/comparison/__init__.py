"""Two rulebooks against each other: what changed, and which patients it moves."""
