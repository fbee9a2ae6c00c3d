"""The safety parts of one connector as the board provides them, and the inputs of the safety tick."""

from ..core import faults

# Parts that protect people or the installation; the board has them, or says who provides them instead
REQUIRED = ("dead_man", "residual_current", "emergency_stop", "pe_monitor", "temperature")


class Parts:
    """Asks the board for each part once; None where it has none. `problem`: why one is missing."""

    def __init__(self, board):
        self.problem = ""
        try:
            self.dead_man = board.dead_man()
        except OSError as error:
            # The chip or its MicroPython cannot do it: nothing may close without a dead-man
            self.dead_man = None
            self.problem = "dead_man: %s" % error
        self.residual_current = board.residual_current()
        self.emergency_stop = board.emergency_stop()
        self.pe_monitor = board.pe_monitor()
        self.mains_monitor = board.mains_monitor()
        self.temperature = board.temperature()
        self.lock = board.lock()
        self.missing = [
            name
            for name in REQUIRED
            if getattr(self, name) is None and name not in board.INSTALLED_OUTSIDE
        ]
        if self.lock is None and board.CONNECTOR_KIND == "socket":
            self.missing.append("lock")

    def inputs(self):
        """(part, fault bit) of every part that opens the contactor by itself."""
        pairs = (
            (self.residual_current, faults.RESIDUAL_CURRENT),
            (self.emergency_stop, faults.EMERGENCY_STOP),
            (self.pe_monitor, faults.PE_LOST),
            (self.mains_monitor, faults.MAINS_LOST),
        )
        return tuple(pair for pair in pairs if pair[0] is not None)
