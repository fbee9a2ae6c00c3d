"""What a person types at the pile's serial port, where that is no real one."""


class SerialLine:
    """Stands for sys.stdin as the pile has it: `buffer` to read from, and nothing waits."""

    def __init__(self):
        self.buffer = self
        self._typed = b""

    def type(self, data):
        """Bytes arrive."""
        self._typed += data

    @property
    def ready(self):
        """True when there is something to read."""
        return bool(self._typed)

    def read(self, count):
        """Up to so many bytes."""
        data, self._typed = self._typed[:count], self._typed[count:]
        return data
