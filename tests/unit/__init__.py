"""Unit tests; they mirror the modules of cds."""
