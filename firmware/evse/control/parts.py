"""The safety parts of one connector as the board provides them, and the inputs of the safety tick."""

from ..core import faults

# Parts that protect people or the installation; the board has them, or says who provides them instead
_REQUIRED = ("dead_man", "residual_current", "emergency_stop", "pe_monitor", "temperature")
_REQUIRED_IN_A_SOCKET = _REQUIRED + ("mains_monitor", "lock")


class Parts:
    """Asks the board for each part once; None where it has none. `problem`: why one is missing."""

    def __init__(self, board):
        self.problem = ""
        self.dead_man = self._built("dead_man", board.dead_man)
        self.residual_current = self._built("residual_current", board.residual_current)
        self.emergency_stop = self._built("emergency_stop", board.emergency_stop)
        self.pe_monitor = self._built("pe_monitor", board.pe_monitor)
        self.temperature = self._built("temperature", board.temperature)
        self.mains_monitor = self._built("mains_monitor", board.mains_monitor)
        self.lock = self._built("lock", board.lock)
        self.proximity = self._built("proximity", board.proximity)
        self.phase_contactor = self._built("phase_contactor", board.phase_contactor)
        required = _REQUIRED_IN_A_SOCKET if board.CONNECTOR_KIND == "socket" else _REQUIRED
        self.missing = [
            name
            for name in required
            if getattr(self, name) is None and name not in board.INSTALLED_OUTSIDE
        ]

    def _built(self, name, build):
        # A part that the chip or its MicroPython cannot do is missing like one that is not there
        try:
            return build()
        except OSError as error:
            self.problem = "%s: %s" % (name, error)
            return None

    def inputs(self):
        """(part, fault bit) of every part that opens the contactor by itself."""
        pairs = (
            (self.residual_current, faults.RESIDUAL_CURRENT),
            (self.emergency_stop, faults.EMERGENCY_STOP),
            (self.pe_monitor, faults.PE_LOST),
            (self.mains_monitor, faults.MAINS_LOST),
        )
        return tuple(pair for pair in pairs if pair[0] is not None)
