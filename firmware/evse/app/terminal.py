"""Hears somebody at the serial port: loads the shell then, and forgets it when nobody has typed for a while."""

import gc

from micropython import const

from ..core import messages
from .modules import forget

_SHELL = "evse.app.shell"
_BYTES_A_STEP = const(32)


class Terminal:
    """One step per control loop. `wrong_codes` in a row, and when the next one is heard."""

    def __init__(self, station, port, language):
        self.language = language
        self.wrong_codes = 0
        self.next_code_ms = 0
        self._station = station
        self._port = port
        self._shell = None
        self._interruptible = None

    def step(self, dt_ms):
        """Advance by `dt_ms`."""
        self._guard()
        data = self._port.read(_BYTES_A_STEP)
        try:
            if data and not self._shell:
                self._load(data)
            if not self._shell or self._shell.step(data, dt_ms):
                return
        except Exception as error:
            # Whatever it is, the station goes on
            self._station.console.say("console failed: %r", error)
        self._shell = None
        # Whoever was in the middle of a line is gone: events may come again
        self._station.console.typing = False
        forget(_SHELL)

    def _guard(self):
        # A stray Ctrl-C must not end a charge, nor open the door that the service code keeps
        free = not self._station.settings["service_code"]
        for connector in self._station.connectors.values():
            free = free and not connector.loop.vehicle_present
        if free != self._interruptible:
            self._interruptible = free
            self._port.interruptible(free)

    def _load(self, data):
        station = self._station
        try:
            with station.permit.hold("console"):
                gc.collect()
                from .shell import Shell

                self._shell = Shell(station, self)
        except (OSError, MemoryError):
            # Energised: nothing may be loaded. What the platform is told is the most important
            console = station.console
            if data[-1:] in b"\r\n" and not console.lines:
                told = {"connectors": station.report.connectors(True)}
                told["utc"] = station.clock.utc_s()
                told["up"] = station.clock.up_s
                state = messages.encode_live(told)
                console.lines.append(str(state, "utf-8") + "\n")
                console.remark("more when the contactor is open")
