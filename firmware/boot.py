"""First code after a reset: contactor released, pilot at -12 V, before anything can fail."""

from board import BOARD

BOARD.safe_outputs()
