"""One round of an update: the parts it needs, how far it is, and what the bridge is told of it."""

from .slot_files import SlotFiles

# More that nobody took is not added to
_MOST_WAITING = 4
_NOBODYS = "0" * 64


class Work:
    """`bundle` is the id that messages speak of, `have` the bytes of it that are there."""

    def __init__(self, station):
        self.station = station
        self.updates = station.updates
        self.permit = station.permit
        self.files = SlotFiles(station.permit)
        # Nobody knows the id of one that came by cable and cannot be read
        self.bundle = self.updates.wanted[0] or _NOBODYS
        self.have = 0

    def say(self, phase, problem=""):
        """Tell the bridge and the serial port how far it is."""
        self.station.console.say("update %.8s %s %d %s", self.bundle, phase, self.have, problem)
        waiting = self.station.downlink.updates
        if len(waiting) < _MOST_WAITING:
            message = {"bundle": self.bundle, "phase": phase, "from": self.have}
            message["problem"] = problem[:120]
            waiting.append(message)

    def start_anew(self):
        """Start anew; StallRefusedError while something is energised."""
        with self.permit.hold("restart"):
            self.station.console.flush()
            self.station.board.chip().reset()
