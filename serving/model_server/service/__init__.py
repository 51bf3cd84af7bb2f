"""What answers requests, free of what brings them: identity, metrics, logs, errors."""
