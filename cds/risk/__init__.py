"""Risk models: declared, trained, validated, stored and explained. None is used unless named."""
