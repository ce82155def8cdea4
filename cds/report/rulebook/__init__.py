"""The rulebook to browse: tables, single entries, facets, and the model card."""
