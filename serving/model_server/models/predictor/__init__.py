"""Own code: a folder with a `predictor.py`, as docs/predictors.md describes it."""
