"""First code after a reset: contactor released, pilot at -12 V, before anything can fail."""

import board

board.safe_outputs()
