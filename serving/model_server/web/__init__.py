"""HTTP: what listens, what is refused, which paths there are."""
