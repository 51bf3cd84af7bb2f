"""Model files: compressed, pickled, and those of others."""
