"""Rows of numbers: what requests hold, and every way in which that can be wrong."""
