"""What the doctor asks a pile, and what it makes of the answers."""
