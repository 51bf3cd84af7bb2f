"""What was asked and answered, sampled and handed to a sink, for those who watch a model.

Without a sink nothing here is imported.
"""
