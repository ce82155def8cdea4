"""Tests, and the independent evaluator they compare the engine with."""
