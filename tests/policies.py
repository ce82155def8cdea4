"""The policies of the rulebook that ships and of the toy one, the default first."""

CHECKED, PUBLISHED = POLICIES = ("checked", "as_published")
