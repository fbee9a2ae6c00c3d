"""Dead-man (layer L0) on a UART: a pulse train from the transmit FIFO feeds a small charge pump.

10000 baud divides the clock of every chip evenly, so a byte is exactly 1 ms and the count of what is
queued never drifts against ticks_us.
"""

from time import ticks_add, ticks_diff, ticks_us

from machine import UART
from micropython import const

_BAUDRATE = const(10000)
_BYTE_US = const(1000)
_HOLD_US = const(36000)
_MOST_BYTES = const(36)
# Inverted and with start and stop bit: ten bits that alternate
_PATTERN = b"\x55"


class DeadManUart:
    """Each beat fills the queue up to 36 ms from then on; what is sent already cannot be called back.

    MicroPython gives every UART a receive pin, by default one of the flash: `rx_pin` is an input
    that is read anyway.
    """

    def __init__(self, uart, tx_pin, rx_pin):
        # Without a ring buffer all bytes lie in the 128 byte FIFO: no interrupt is needed to send them
        self._uart = UART(
            uart,
            baudrate=_BAUDRATE,
            bits=8,
            parity=None,
            stop=1,
            tx=tx_pin,
            rx=rx_pin,
            txbuf=0,
            invert=UART.INV_TX,
        )
        self._bytes = tuple(_PATTERN * count for count in range(_MOST_BYTES + 1))
        self._end_us = ticks_us()

    def beat(self):
        """Pulses for 35 to 36 ms from now."""
        now_us = ticks_us()
        left_us = ticks_diff(self._end_us, now_us)
        if left_us < 0 or self._uart.txdone():
            left_us = 0
        count = (_HOLD_US - left_us) // _BYTE_US
        if count > 0:
            self._uart.write(self._bytes[count])
            self._end_us = ticks_add(now_us, left_us + count * _BYTE_US)
