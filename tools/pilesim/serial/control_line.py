"""The simulated chip's line to its supervisor: what a serial port does not carry. Under MicroPython only."""

from uselect import POLLIN, poll


class ControlLine:
    """Lines of text both ways on an open descriptor; each side's commands begin with `=`.

    `prompting`: the program's files have been run, the prompt has it.
    """

    def __init__(self, descriptor):
        self.prompting = False
        self._file = open(descriptor, "r+b")  # noqa: SIM115 - as long as the process
        self._poller = poll()
        self._poller.register(self._file, POLLIN)

    def send(self, text):
        """One line."""
        self._file.write(text.encode() + b"\n")

    def read(self):
        """The next line, waiting for it; what the supervisor does meanwhile may be to end this process."""
        return self._file.readline().decode().rstrip("\n")

    def poll(self):
        """The next line, or None when there is none."""
        return self.read() if self._poller.poll(0) else None
