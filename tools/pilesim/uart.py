"""A UART of the chip on the wire: transmit time, receive buffer, garbage on a wrong baud or parity."""

TX_BUFFER = 256


class UartPort:
    """Byte queues of one UART; the stand-in machine.UART forwards to it."""

    behind_transceiver = True

    def __init__(self, clock, random):
        self._clock = clock
        self._random = random
        self.bus = None
        self.framing = None
        self.rx_size = 256
        self._rx = bytearray()
        self._incoming = []
        self._tx_end_us = 0
        # A transceiver whose driver enable and receiver disable hang on a pad together
        self._direction = None
        self._sending = None
        self._deaf = False
        self._deaf_until_us = -1

    def attach_direction(self, pad):
        """The transceiver sends while `pad` is high, and hears while it is low."""
        self._direction = pad
        pad.watchers.append(self._turned)

    def configure(self, framing, rx_size):
        """Set (baud, bits, parity, stop) and the receive buffer's size; parity None, 0 even, 1 odd."""
        self.framing = framing
        self.rx_size = rx_size
        if self.bus is not None:
            self.bus.attach(self)

    def release(self):
        """Stop listening."""
        self.framing = None
        self._tx_end_us = self._clock.now_us
        self._incoming.clear()
        self._rx = bytearray()
        if self.bus is not None:
            self.bus.detach(self)

    def write(self, data):
        """Queue bytes for sending; what exceeds the port's buffer holds the interpreter meanwhile."""
        if self.framing is None:
            raise OSError(19)
        clock = self._clock
        start_us = max(clock.now_us, self._tx_end_us)
        char_us = char_ns(self.framing) / 1000
        surplus = int((start_us - clock.now_us) / char_us) + len(data) - TX_BUFFER
        self._tx_end_us = start_us + len(data) * char_ns(self.framing) // 1000
        if self.bus is not None and (self._direction is None or self._deaf):
            self._sending = self.bus.transmit(self, data, self.framing, start_us)
        if surplus > 0:
            clock.advance(int(surplus * char_us))
        return len(data)

    def tx_end_us(self):
        """When the last byte queued so far will have left."""
        return self._tx_end_us

    def tx_done(self):
        """True when the last byte has left."""
        return self._clock.now_us >= self._tx_end_us

    def flush(self):
        """Wait for the last byte with the interpreter held, as the ESP32 port does."""
        self._clock.advance_to(self._tx_end_us)

    def hear(self, transmission):
        """A transmission has begun on the wire."""
        self._incoming.append([transmission, 0])

    def available(self):
        """Number of received bytes."""
        now_us = self._clock.now_us
        incoming = self._incoming
        while incoming:
            entry = incoming[0]
            transmission = entry[0]
            arrived = transmission.arrived(now_us)
            for position in range(entry[1], arrived):
                self._store(transmission, position)
            entry[1] = arrived
            if arrived < len(transmission.data):
                break
            incoming.pop(0)
        return len(self._rx)

    def take(self, count):
        """Remove and return up to `count` received bytes."""
        self.available()
        taken = bytes(self._rx[:count])
        self._rx = self._rx[count:]
        return taken

    def wait_us(self):
        """Time of the next byte's arrival, or None when nothing is on the wire."""
        self.available()
        if not self._incoming:
            return None
        transmission, position = self._incoming[0]
        return transmission.arrival_us(position)

    def _turned(self, pad, now_us):
        # What has arrived until now did so in the old direction
        self.available()
        on = pad.read(now_us) == 1
        if on == self._deaf:
            return
        self._deaf = on
        if not on:
            self._deaf_until_us = now_us
            if self._sending is not None:
                self._sending.cut(now_us)
                self._sending = None
        if self.bus is not None:
            self.bus.drive(self, on)

    def _store(self, transmission, position):
        if len(self._rx) >= self.rx_size or self._deaf:
            return
        value = transmission.data[position]
        began_us = transmission.arrival_us(position - 1)
        if transmission.framing != self.framing or began_us < self._deaf_until_us:
            value = self._random.below(256)
        self._rx.append(value)


def char_ns(framing):
    """Duration of one character: start bit, data, parity if any, stop bits."""
    baud, bits, parity, stop = framing
    return (1 + bits + (0 if parity is None else 1) + stop) * 1_000_000_000 // baud
