"""`make conformance`: sequences and faults on every board, each over many random phases, against its limit."""
