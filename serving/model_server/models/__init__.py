"""What predicts: one package for each library, and what they have in common."""
