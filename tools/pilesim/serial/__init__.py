"""The simulated pile behind a serial port. CPython only, but for what the pile's own process imports."""
