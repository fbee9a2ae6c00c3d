"""A NOR flash of the least kind for the ring's tests: ones after an erase, programming clears bits, power goes."""

SECTOR = 4096
PAGE = 256
NONE, HALF, ALL = 0, 1, 2


class PowerLost(Exception):  # noqa: N818 - it is no error of the code under test
    """The power went in an operation."""


class Random:
    """The same small numbers on both interpreters."""

    def __init__(self, seed):
        self._state = seed * 2654435761 + 97 & 0x7FFFFFFF
        self.below(2)

    def below(self, limit):
        """0..limit-1."""
        self._state = self._state * 1103515245 + 12345 & 0x7FFFFFFF
        return (self._state >> 8) * limit >> 23


class Flash:
    """`cut` is the operation in which the power goes (0: never), `mode` what of it is done."""

    def __init__(self, sectors=16):
        self.size = sectors * SECTOR
        self.data = bytearray(b"\xff" * self.size)
        self.operations = self.programs = self.erases = 0
        self.cut = 0
        self.mode = NONE
        self.broken = set()  # sectors that refuse
        self.random = Random(1)

    def read(self, at, count):
        """Bytes."""
        return bytes(self.data[at : at + count])

    def program(self, at, data):
        """Clears bits; a page at the most, as the ring promises."""
        assert at % PAGE + len(data) <= PAGE, "a record crosses a page"
        if at // SECTOR in self.broken:
            raise OSError(5)
        self.programs += 1
        size = self._part(len(data))
        for index in range(size):
            self.data[at + index] &= data[index]
        self._lose_power()

    def erase(self, at):
        """Ones, or anything where the power goes."""
        assert at % SECTOR == 0
        if at // SECTOR in self.broken:
            raise OSError(5)
        self.erases += 1
        size = self._part(SECTOR)
        for index in range(size):
            whole = size == SECTOR
            self.data[at + index] = (
                0xFF if whole else self.data[at + index] | self.random.below(256)
            )
        self._lose_power()

    def _part(self, size):
        self.operations += 1
        if self.operations != self.cut or self.mode == ALL:
            return size
        return size // 2 if self.mode == HALF else 0

    def _lose_power(self):
        if self.operations == self.cut:
            raise PowerLost
