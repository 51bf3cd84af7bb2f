"""Serves one trained model over HTTP."""
