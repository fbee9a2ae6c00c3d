"""Build the station from the board and run it; whatever ends it leaves the contactor open."""

import asyncio

import board
from evse.app.station import Station

try:
    asyncio.run(Station(board).run())
finally:
    board.safe_outputs()
    board.chip().reset()
