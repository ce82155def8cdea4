"""What a document is made of, its figures, and one renderer for each format."""
