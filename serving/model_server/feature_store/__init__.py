"""Features from a Feast feature server, for requests that bring entities instead of features.

Without a feature store `store` is not imported, nor what it needs: an HTTP client.
"""
