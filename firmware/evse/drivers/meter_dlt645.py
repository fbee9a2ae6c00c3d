"""DL/T 645-2007 meter on machine.UART at 2400 8E1 through an auto-direction RS-485 transceiver."""

from machine import UART

from ..core import dlt645

_BUFFER_MOST = 256


class MeterDlt645:
    """Ask with `request`, then call `poll` until it yields a value; nothing here waits."""

    def __init__(self, uart, tx, rx, address=dlt645.WILDCARD, baudrate=2400):
        self._uart = UART(uart, baudrate=baudrate, bits=8, parity=0, stop=1, tx=tx, rx=rx)
        self._address = address
        self._identifier = 0
        self._buffer = b""
        self.frame = b""  # the last good answer with the register
        self.bad_frames = 0
        self.last_error = ""

    def number(self):
        """The number that the meter itself gave with its last good answer, "" before."""
        return dlt645.frame_address(self.frame) if self.frame else ""

    def request(self, identifier):
        """Send a read request; whatever arrived before is dropped."""
        if self._uart.any():
            self._uart.read()
        self._buffer = b""
        self._identifier = identifier
        self._uart.write(dlt645.encode_read(self._address, identifier))

    def poll(self):
        """Value of the answer in the quantity's own unit, or None while there is none.

        Frames that are no answer to this request (echo, another meter, another quantity, error)
        are counted, their reason kept in `last_error`, and the wait goes on.
        """
        if self._uart.any():
            self._buffer = (self._buffer + (self._uart.read() or b""))[-_BUFFER_MOST:]
        while True:
            frame, self._buffer = dlt645.find_frame(self._buffer)
            if frame is None:
                return None
            try:
                value = dlt645.decode_read(frame, self._address, self._identifier)
                if self._identifier == dlt645.ENERGY_IMPORT:
                    self.frame = frame
                return value
            except dlt645.FrameError as error:
                self.bad_frames += 1
                self.last_error = str(error)
