"""The rulebook: strict YAML in `rules/`, read into frozen models and cross-checked."""
