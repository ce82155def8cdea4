"""What the tumour board decided, as document blocks."""
