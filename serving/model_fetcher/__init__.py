"""Puts a model from a URI into a folder, verified: an init container for a server whose image holds none."""
