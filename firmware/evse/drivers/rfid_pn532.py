"""Card reader PN532 on a serial line (HSU) or on I2C.

The chip searches by itself: it is told to list the cards, and after one was listed the field is switched
off, so that every card begins anew.
"""

from time import ticks_diff, ticks_ms

from machine import UART, Pin, SoftI2C
from micropython import const

from ..core import pn532

# Command, data. The last two go on and on, those before them only set the chip up
_COMMANDS = (
    (pn532.SAM_CONFIGURATION, b"\x01\x14\x01"),  # no security module: this also wakes the chip
    (pn532.GET_FIRMWARE_VERSION, b""),
    (pn532.SET_PARAMETERS, b"\x00"),  # lists without ATS
    (pn532.RF_CONFIGURATION, b"\x05\x00\x01\x02"),  # three tries, not endless ones
    (pn532.RF_CONFIGURATION, b"\x01\x00"),  # field off until the next list
    (pn532.LIST_PASSIVE_TARGET, b"\x02\x00"),  # two cards at most, 106 kbit/s type A
)
_VERSION_STEP = const(1)
_OFF_STEP = const(4)
_LIST_STEP = const(5)
_IC = const(0x32)

_ANSWER_MS = const(200)
# Two missed answers are a failure, if they are not just two calls in quick succession
_FAIL_MS = const(500)
_EIO = const(5)

_BAUDRATE = const(115200)
# Bytes that wake the chip and last until it listens
_WAKE_UP = b"\x55\x55" + b"\x00" * 14

_ADDRESS = const(0x24)
_FREQUENCY_HZ = const(400000)
# The chip may hold the clock for 1 ms
_STRETCH_US = const(1500)
_READY = const(0x01)
# With the status byte before each frame: of all answers, two cards without ATS make the longest
_ACK_SIZE = const(7)
_ANSWER_SIZE = const(46)


class _RfidPn532:
    """One command after the other; a transport has `_write(frame, first)` and `_receive()`."""

    def __init__(self):
        self._step = 0
        self._asked = False
        self._since_ms = 0
        self._buffer = b""
        self._missed = False
        self._good_ms = ticks_ms()
        self._failed = False
        self.problem = ""  # what is wrong with reader or card, "" when nothing is

    def read(self):
        """UID when a card has just been listed, else None; never waits.

        OSError when the chip has not answered for about 0.5 s, until it has listed again.
        """
        uid = None
        try:
            uid = self._answered() if self._asked else self._ask()
        except pn532.FrameError as error:
            self._miss(str(error))
        except OSError as error:
            self._miss("bus error %s" % (error.args and error.args[0]))
        if self._failed:
            raise OSError(_EIO)
        return uid

    def _ask(self):
        command, data = _COMMANDS[self._step]
        self._buffer = b""
        self._write(pn532.encode(command, data), self._step == 0)
        self._asked = True
        self._since_ms = ticks_ms()

    def _miss(self, problem):
        self.problem = problem
        self._asked = False
        self._step = 0
        late = not 0 <= ticks_diff(ticks_ms(), self._good_ms) < _FAIL_MS
        if self._missed and late:
            self._failed = True
        self._missed = True

    def _answered(self):
        frame = self._frame()
        if frame is None:
            # A negative time is one of days: over, too
            if not 0 <= ticks_diff(ticks_ms(), self._since_ms) < _ANSWER_MS:
                self._miss("reader does not answer")
            return None
        step = self._step
        data = pn532.answer_data(frame, _COMMANDS[step][0])
        if step == _VERSION_STEP and data[:1] != bytes((_IC,)):
            raise pn532.FrameError("reader is no PN532")
        self._asked = False
        if step != _LIST_STEP:
            self._step = step + 1
            return None
        return self._listed(data)

    def _frame(self):
        """The next frame that is more than an acknowledgement, or None."""
        self._buffer = (self._buffer + self._receive())[-pn532.LONGEST_ANSWER * 2 :]
        frame = pn532.ACK
        while frame == pn532.ACK:
            frame, self._buffer = pn532.find_frame(self._buffer)
        return frame

    def _listed(self, data):
        # The chip works, whatever the cards do
        self._missed = False
        self._good_ms = ticks_ms()
        self._failed = False
        self._step = _OFF_STEP
        try:
            uid = pn532.listed_uid(data)
        except pn532.FrameError as error:
            self.problem = str(error)
            return None
        self.problem = ""
        if uid is None:
            self._step = _LIST_STEP
        return uid


class RfidPn532Uart(_RfidPn532):
    """On a UART at 115200 baud."""

    def __init__(self, uart, tx, rx):
        super().__init__()
        self._uart = UART(uart, baudrate=_BAUDRATE, bits=8, parity=None, stop=1, tx=tx, rx=rx)

    def _write(self, frame, first):
        if self._uart.any():
            self._uart.read()
        self._uart.write(_WAKE_UP + frame if first else frame)

    def _receive(self):
        return (self._uart.read() or b"") if self._uart.any() else b""


class RfidPn532I2c(_RfidPn532):
    """On two pins with pull-ups.

    Bit-banged, because a PN532 can hold the clock for ever: the ESP32's I2C hardware then takes the
    interpreter for 100 ms and more whatever its timeout, this way it is _STRETCH_US.
    """

    def __init__(self, sda, scl):
        super().__init__()
        self._i2c = SoftI2C(scl=Pin(scl), sda=Pin(sda), freq=_FREQUENCY_HZ, timeout=_STRETCH_US)
        self._acknowledged = False

    def _write(self, frame, first):
        self._acknowledged = False
        self._i2c.writeto(_ADDRESS, frame)

    def _receive(self):
        # Each read begins anew: acknowledgement and answer cannot come in one
        size = _ANSWER_SIZE if self._acknowledged else _ACK_SIZE
        try:
            answer = self._i2c.readfrom(_ADDRESS, size)
        except OSError:
            # Busy, the chip may not even acknowledge its address
            return b""
        if answer[0] != _READY:
            return b""
        self._acknowledged = True
        return answer[1:]
