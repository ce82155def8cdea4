"""Tumour-board cases: drafts read from a form, and the store that keeps every version of a case."""
