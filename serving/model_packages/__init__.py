"""Packages that a model needs beside the server's own: locked once, and installed as a layer of its image."""
