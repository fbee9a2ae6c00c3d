"""Run the station of the slot that boot.py chose; whatever ends it leaves the contactor open.

An error restarts the pile after a pause. Ctrl-C on the serial port leaves to the REPL instead, so
that mpremote reaches the board; the pile starts again with the next reset.
"""

import asyncio
import sys
import time

from machine import WDT, reset
from safe import outputs_low

_REPL_MS = 3600000

try:
    while sys.path[0] == "/loader":
        print(
            "no whole firmware in /a or /b: put one there with pilectl flash; Ctrl-C for the REPL"
        )
        time.sleep(5)
    from board import BOARD
    from evse.app.station import Station

    asyncio.run(Station(BOARD).run())
except KeyboardInterrupt:
    outputs_low()
    # The watchdog cannot be stopped, only be given time
    WDT(timeout=_REPL_MS)
    print("stopped: contactor open, pilot at -12 V; reset the board to start again")
except Exception as error:
    outputs_low()
    sys.print_exception(error)
    try:
        sys.path[0] = "/loader"
        import slots

        slots.failed(repr(error))
    finally:
        time.sleep(5)
        reset()
