"""Build the station from the board and run it; whatever ends it leaves the contactor open.

An error restarts the pile after a pause. Ctrl-C on the serial port leaves to the REPL instead, so
that mpremote reaches the board; the pile starts again with the next reset.
"""

import asyncio
import sys
import time

from board import BOARD
from evse.app.station import Station

_REPL_MS = 3600000

try:
    asyncio.run(Station(BOARD).run())
except KeyboardInterrupt:
    BOARD.safe_outputs()
    # The watchdog cannot be stopped, only be given time
    BOARD.watchdog(_REPL_MS)
    print("stopped: contactor open, pilot at -12 V; reset the board to start again")
except Exception as error:
    BOARD.safe_outputs()
    sys.print_exception(error)
    time.sleep(5)
    BOARD.chip().reset()
