"""Risk models: declared, trained, validated, stored, loaded and explained. Optional: none is used unless named."""
