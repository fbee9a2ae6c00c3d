"""Deliberate defects in core and control, each of which a test must catch: `python -m mutation`."""
