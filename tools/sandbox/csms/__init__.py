"""A strict OCPP central system for tests, 1.6J and 2.0.1: README.md of the sandbox says how to start it."""
