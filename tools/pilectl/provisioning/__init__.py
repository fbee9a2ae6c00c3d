"""Name, key, settings and label of a pile, and how its bridge gets to know it."""
