"""LightGBM: its text format."""
