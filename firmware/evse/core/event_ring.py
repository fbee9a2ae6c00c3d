"""The last events of the station as text in one fixed piece of memory: the newest push the oldest out.

An entry is "uptime what\\n"; what begins with the task or part that it is about. core/event_log.py reads them.
"""


class EventRing:
    """Holds the newest entries that fit; `end` counts the bytes ever written, the newest entry ends there."""

    def __init__(self, size):
        self.data = bytearray(size)
        self.end = 0

    def add(self, up_s, what):
        """Append one entry; a longer one than a quarter of the ring is cut."""
        data = self.data
        size = len(data)
        entry = ("%d %s" % (up_s, what)).encode()[: size // 4 - 1] + b"\n"
        at = self.end % size
        first = min(len(entry), size - at)
        data[at : at + first] = entry[:first]
        data[: len(entry) - first] = entry[first:]
        self.end += len(entry)
