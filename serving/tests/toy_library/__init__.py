"""A library of one kind of model: a table of weights, one line a class."""
