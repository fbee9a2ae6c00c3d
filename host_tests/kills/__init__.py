"""The process bench: pile, broker and bridge killed at random while vehicles charge, then the books compared."""
