"""gRPC as a front of the service, beside HTTP: off unless a port is chosen for it."""
