"""CatBoost: its binary format."""
