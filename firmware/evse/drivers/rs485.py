"""RS-485 on machine.UART: an auto-direction transceiver, or one whose driver a pin enables. Never waits."""

from machine import UART, Pin, Timer


class Rs485:
    """`framing` is (baud, bits, parity, stop), parity None, 0 even or 1 odd.

    `direction` drives driver enable and receiver disable together; it needs a hardware `timer` of its
    own, because the driver must be off before the other side answers.
    """

    def __init__(self, uart, tx, rx, framing, direction=None, timer=None):
        baud, bits, parity, stop = framing
        self._uart = UART(uart, baudrate=baud, bits=bits, parity=parity, stop=stop, tx=tx, rx=rx)
        self._direction = None
        self._sending = False
        if direction is not None:
            self._direction = Pin(direction, Pin.OUT, value=0)
            self._timer = Timer(timer)
            self._over = self._ended
            self._char_us = (1 + bits + (parity is not None) + stop) * 1000000 // baud + 1

    def write(self, data):
        """Send; returns at once."""
        pin = self._direction
        if pin is None:
            self._uart.write(data)
            return
        # A late callback of the transmission before must not end this one before it has begun
        self._sending = False
        pin(1)
        self._uart.write(data)
        self._sending = True
        self._look_after_ms(len(data) * self._char_us // 1000 + 1)

    def read(self):
        """What has been received, b"" if nothing."""
        # The scheduler may have dropped the timer's callback
        self._release()
        uart = self._uart
        return (uart.read() or b"") if uart.any() else b""

    def _look_after_ms(self, ms):
        self._timer.init(mode=Timer.ONE_SHOT, period=ms, callback=self._over)

    def _ended(self, _timer):
        self._release()
        if self._sending:
            self._look_after_ms(1)

    def _release(self):
        if self._sending and self._uart.txdone():
            self._sending = False
            self._direction(0)
