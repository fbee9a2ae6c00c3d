"""Card reader MFRC522 and its copies on machine.SPI. The field stays on, about 30 mA."""

from time import ticks_diff, ticks_ms

from machine import SPI, Pin
from micropython import const

from ..core.iso14443 import Activation

_COMMAND = const(0x01)
_COM_IRQ = const(0x04)
_ERROR = const(0x06)
_FIFO_DATA = const(0x09)
_FIFO_LEVEL = const(0x0A)
_BIT_FRAMING = const(0x0D)
_TX_CONTROL = const(0x14)
_TX_ASK = const(0x15)
_T_MODE = const(0x2A)
_T_PRESCALER = const(0x2B)
_T_RELOAD_HIGH = const(0x2C)
_T_RELOAD_LOW = const(0x2D)
_VERSION = const(0x37)

_IDLE = const(0x00)
_TRANSCEIVE = const(0x0C)
_SOFT_RESET = const(0x0F)
_POWER_DOWN = const(0x10)
_START_SEND = const(0x80)
_FLUSH = const(0x80)
_ALL_IRQ = const(0x7F)
_ALWAYS_0_IRQ = const(0x80)
_RX_IRQ = const(0x20)
_ANY_END_IRQ = const(0x33)
_COLLISION = const(0x08)
# Temperature, overflow, parity, protocol
_DAMAGED = const(0x53)

# NXP's versions, then those of FM17522
_VERSIONS = (0x90, 0x91, 0x92, 0x88, 0x89, 0xB2)
# The timer runs from the end of each frame: 200 steps of 25 us, then there is no answer
_SETUP = (
    (_TX_ASK, 0x40),  # 100 % modulation, which type A needs
    (_T_MODE, 0x80),
    (_T_PRESCALER, 169),
    (_T_RELOAD_HIGH, 0),
    (_T_RELOAD_LOW, 200),
    (_TX_CONTROL, 0x83),  # field on
)
_BAUDRATE = const(1000000)
_LONGEST_ANSWER = const(5)
_RESET_MS = const(10)
_GUARD_MS = const(6)  # a card needs 5 ms of field before it answers
_STUCK_MS = const(50)
_EIO = const(5)

# What the last call left behind
_OFF = const(0)
_RESETTING = const(1)
_FIELD_ON = const(2)
_ON_AIR = const(3)


class RfidRc522:
    """Call `read` again and again: each call ends one exchange with the card and begins the next."""

    def __init__(self, spi_id, sck, mosi, miso, cs, reset=None):
        self._cs = Pin(cs, Pin.OUT, value=1)
        self._reset = None if reset is None else Pin(reset, Pin.OUT, value=1)
        self._spi = SPI(spi_id, baudrate=_BAUDRATE, sck=Pin(sck), mosi=Pin(mosi), miso=Pin(miso))
        self._out = bytearray(2)
        self._in = bytearray(2)
        self._activation = Activation()
        self._state = _OFF
        self._since_ms = 0
        self._failed = False
        self.problem = ""  # what is wrong with reader or card, "" when nothing is

    def read(self):
        """UID when a card has just been read to its end, else None; never waits.

        OSError from the moment the reader fails until an exchange has worked again.
        """
        uid = None
        elapsed_ms = ticks_diff(ticks_ms(), self._since_ms)
        # A negative time is one of days: over, too
        if self._state == _OFF:
            self._begin()
        elif self._state == _RESETTING:
            if not 0 <= elapsed_ms < _RESET_MS:
                self._configure()
        elif self._state == _ON_AIR:
            uid = self._end_exchange(not 0 <= elapsed_ms < _STUCK_MS)
        elif not 0 <= elapsed_ms < _GUARD_MS:
            self._exchange()
        if self._failed:
            raise OSError(_EIO)
        return uid

    def _enter(self, state):
        self._state = state
        self._since_ms = ticks_ms()

    def _fail(self, problem):
        self.problem = problem
        self._failed = True
        self._state = _OFF

    def _begin(self):
        if self._reset is not None:
            self._reset(0)
            self._reset(1)
        self._put(_COMMAND, _SOFT_RESET)
        self._enter(_RESETTING)

    def _configure(self):
        if not self._is_known():
            return
        if self._get(_COMMAND) & _POWER_DOWN:
            self._fail("reader does not start")
            return
        for register, value in _SETUP:
            self._put(register, value)
        self._activation = Activation()
        self._enter(_FIELD_ON)

    def _is_known(self):
        version = self._get(_VERSION)
        if version in _VERSIONS:
            return True
        self._fail("reader version %02X" % version)
        return False

    def _exchange(self):
        activation = self._activation
        # Between two cards: a reader that lost its supply, or its plug, shows here
        if activation.bits and not self._is_known():
            return
        self._put(_COMMAND, _IDLE)
        self._put(_COM_IRQ, _ALL_IRQ)
        self._put(_FIFO_LEVEL, _FLUSH)
        self._cs(0)
        self._spi.write(bytes((_FIFO_DATA << 1,)) + activation.frame)
        self._cs(1)
        self._put(_COMMAND, _TRANSCEIVE)
        self._put(_BIT_FRAMING, _START_SEND | activation.bits)
        self._enter(_ON_AIR)

    def _end_exchange(self, late):
        irq = self._get(_COM_IRQ)
        if irq & _ALWAYS_0_IRQ:
            return self._fail("reader does not answer")
        if not irq & _ANY_END_IRQ:
            return self._fail("reader is stuck") if late else None
        error = self._get(_ERROR)
        answer = b""
        if irq & _RX_IRQ and not error & _DAMAGED:
            answer = self._fifo(self._get(_FIFO_LEVEL))
        uid = self._activation.step(answer, bool(error & _COLLISION))
        self.problem = self._activation.problem
        self._failed = False
        self._state = _FIELD_ON
        self._exchange()
        return uid

    def _fifo(self, size):
        if size > _LONGEST_ANSWER:
            return b""
        out = bytearray(size + 1)
        for at in range(size):
            out[at] = 0x80 | _FIFO_DATA << 1
        answer = bytearray(size + 1)
        self._cs(0)
        self._spi.write_readinto(out, answer)
        self._cs(1)
        return bytes(answer[1:])

    def _get(self, register):
        self._out[0] = 0x80 | register << 1
        self._out[1] = 0
        self._cs(0)
        self._spi.write_readinto(self._out, self._in)
        self._cs(1)
        return self._in[1]

    def _put(self, register, value):
        self._out[0] = register << 1
        self._out[1] = value
        self._cs(0)
        self._spi.write(self._out)
        self._cs(1)
