"""The case document: one module for each section or group of sections."""
