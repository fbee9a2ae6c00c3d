"""machine.UART of the stand-in, on a UartPort of the chip."""

from pilesim import current

# What one call costs
UART_US = 10


class UART:
    """UART on the simulated wire."""

    INV_RX = 4
    INV_CTS = 8
    INV_TX = 32
    INV_RTS = 64

    def __init__(self, id, baudrate=115200, bits=8, parity=None, stop=1, **options):
        self._port = current.world.chip.uart(id)
        self._clock = current.clock
        self.init(baudrate, bits, parity, stop, **options)

    def init(
        self,
        baudrate=115200,
        bits=8,
        parity=None,
        stop=1,
        tx=None,
        rx=None,
        txbuf=256,
        rxbuf=256,
        timeout=0,
        timeout_char=0,
        invert=0,
    ):
        """Set framing and buffers; pins are where the board has wired them, and what hangs on them is
        indifferent to their polarity.
        """
        self._timeout_us = timeout * 1000
        self._port.configure((baudrate, bits, parity, stop), rxbuf)

    def deinit(self):
        """Stop listening."""
        self._port.release()

    def any(self):
        """Number of bytes received."""
        self._clock.advance(UART_US)
        return self._port.available()

    def read(self, count=None):
        """Bytes received, None if there are none within the timeout."""
        self._clock.advance(UART_US)
        self._wait(1 if count is None else count)
        return self._port.take(1 << 16 if count is None else count) or None

    def readinto(self, buffer, count=None):
        """Fill `buffer`; number of bytes, None if there are none within the timeout."""
        data = self.read(len(buffer) if count is None else min(count, len(buffer)))
        if data is None:
            return None
        buffer[: len(data)] = data
        return len(data)

    def write(self, data):
        """Queue bytes for sending."""
        self._clock.advance(UART_US)
        return self._port.write(data)

    def txdone(self):
        """True when everything has left."""
        self._clock.advance(UART_US)
        return self._port.tx_done()

    def flush(self):
        """Wait until everything has left, holding the interpreter."""
        self._port.flush()

    def _wait(self, count):
        clock = self._clock
        until_us = clock.now_us + self._timeout_us
        while self._port.available() < count and clock.now_us < until_us:
            next_us = self._port.wait_us()
            clock.advance_to(until_us if next_us is None else min(next_us, until_us))
