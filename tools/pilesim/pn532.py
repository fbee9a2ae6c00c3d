"""The card reader PN532 at its host frames, on a UART (HSU) or on I2C."""

from pilesim.card import FAULTS, HALT, REQA, SHORT, Reader, crc_a
from pilesim.rs485 import Transmission

__all__ = ("FAULTS", "Pn532")

FRAMING = (115200, 8, None, 1)
ADDRESS = 0x24

_ACK = b"\x00\x00\xff\x00\xff\x00"
_SYNTAX_ERROR = b"\x00\x00\xff\x01\xff\x7f\x81\x00"
_ATS = b"\x06\x75\x77\x81\x02\x80"
_FIRMWARE = b"\x32\x01\x06\x07"
_AUTOMATIC_RATS = 0x10
_ENDLESS = 0xFF

_ACK_US = 400
_ANSWER_US = 800
_TRY_US = 6000
_CARD_US = 12_000
_NOISY_FRAMES = 4


class Pn532(Reader):
    """One chip; what it sends waits until I2C reads it, or goes out on the UART."""

    def __init__(self, clock, random):
        super().__init__(clock, random)
        self.lists = 0
        self._uart = None
        self._send = clock.event(self._next_frame)
        self._try = clock.event(self._tried)
        self.power_on()

    def power_on(self):
        """As after power-on: asleep, settings at their defaults, no field."""
        self._asleep = True
        self._configured = False
        self._parameters = 0x14
        self._tries = _ENDLESS
        self._heard = bytearray()
        self._queue = []  # (when, frame) that will be ready
        self._ready = []
        self._send.cancel()
        self._try.cancel()
        self.field.switch(False)

    # UART: a bus with one device

    def attach_uart(self, port):
        """Connect as HSU."""
        self._uart = port
        port.bus = self

    def attach(self, port):
        """UartPort: it listens."""

    def detach(self, port):
        """UartPort: it stopped."""

    def transmit(self, sender, data, framing, start_us):
        """UartPort: bytes of the host, which are there when the last one is."""
        if framing != FRAMING or "rfid_silent" in self.faults:
            return
        if self._asleep:
            # Bytes of alternating bits wake it; what comes within the next 500 us is lost
            wakes = data.find(b"\x55")
            if wakes < 0:
                return
            self._asleep = False
            data = data[wakes + 6 :]
        self._hear(data, Transmission(data, framing, start_us).end_us if data else start_us)

    # I2C

    def attach_i2c(self, port):
        """Connect as I2C."""
        port.attach(self, ADDRESS)

    def hear(self, data):
        """I2cPort: a write."""
        if "rfid_silent" in self.faults:
            return False
        self._asleep = False
        self._hear(data, self._clock.now_us)
        return True

    def answer(self, count):
        """I2cPort: a read, status byte first; a frame that was begun is gone."""
        if "rfid_silent" in self.faults:
            return None
        if not self._ready:
            # Just after a command it may not acknowledge at all
            return None if self._queue and self._random.below(2) else bytes(count)
        data = b"\x01" + self._ready.pop(0)
        return data[:count] + bytes(max(0, count - len(data)))

    # Frames

    def _hear(self, data, now_us):
        self._heard += data
        while True:
            start = self._heard.find(b"\x00\xff")
            if start < 0 or len(self._heard) < start + 4:
                self._heard = self._heard[-1:] if start < 0 else self._heard[start:]
                return
            size = self._heard[start + 2]
            if size == 0 and self._heard[start + 3] == 0xFF:
                self._heard = self._heard[start + 4 :]
                self._abort()
                continue
            end = start + 5 + size
            if (size + self._heard[start + 3]) & 0xFF:
                self._heard = self._heard[start + 1 :]
                continue
            if len(self._heard) < end:
                return
            body = bytes(self._heard[start + 4 : end])
            self._heard = self._heard[end:]
            if not sum(body) & 0xFF and body[0] == 0xD4:
                self._abort()
                self._reply(_ACK, now_us + _ACK_US)
                self._obey(body[1], body[2:-1], now_us + _ACK_US)

    def _abort(self):
        self._try.cancel()
        self._send.cancel()
        self._queue = []
        self._ready = []

    def _reply(self, frame, at_us):
        self._queue.append((at_us, frame))
        self._send.at(self._queue[0][0])

    def _answer(self, command, data, at_us):
        if "rfid_stuck" in self.faults:
            return
        body = bytes((0xD5, command + 1)) + data
        frame = bytearray(b"\x00\x00\xff" + bytes((len(body), -len(body) & 0xFF)) + body)
        frame += bytes((-sum(body) & 0xFF, 0))
        if "rfid_noisy" in self.faults and not self._random.below(_NOISY_FRAMES):
            frame[self._random.below(len(frame))] ^= 1 << self._random.below(8)
        self._reply(bytes(frame), at_us)

    def _next_frame(self, now_us):
        frame = self._queue.pop(0)[1]
        if self._queue:
            self._send.at(self._queue[0][0])
        if self._uart is None:
            self._ready.append(frame)
        elif self._uart.framing is not None and "rfid_silent" not in self.faults:
            self._uart.hear(Transmission(frame, FRAMING, now_us))

    # Commands

    def _obey(self, command, data, now_us):
        answer = b""
        if command == 0x02:
            answer = _FIRMWARE
        elif command == 0x14 and data[:1] == b"\x01":
            self._configured = True
        elif command == 0x12 and len(data) == 1:
            self._parameters = data[0]
        elif command == 0x32 and data[:1] == b"\x01" and len(data) == 2:
            self.field.switch(bool(data[1] & 1))
        elif command == 0x32 and data[:1] == b"\x05" and len(data) == 4:
            self._tries = data[3]
        elif command == 0x4A and len(data) == 2 and data[1] == 0 and self._configured:
            self._begin_list(data[0], now_us)
            return
        else:
            self._reply(_SYNTAX_ERROR, now_us + _ANSWER_US)
            return
        self._answer(command, answer, now_us + _ANSWER_US)

    def _begin_list(self, most, now_us):
        self.lists += 1
        self.field.switch(True)
        self._most = most
        self._found = []
        self._left = self._tries
        self._try.at(now_us + _TRY_US)

    def _tried(self, now_us):
        """One try is over: a card more, or one try less."""
        card = self._one_card()
        if card is None and self._left:
            if self._found or self._tries != _ENDLESS:
                self._left -= 1
            self._try.at(now_us + _TRY_US)
            return
        if card is not None:
            self._found.append(card)
            if len(self._found) < self._most:
                # It must be silent while the next one is looked for
                self.field.exchange(HALT)
                self._left = 1
                self._try.at(now_us + _CARD_US)
                return
        data = bytes((len(self._found),))
        for number, card in enumerate(self._found):
            ats = _ATS if card.sak & 0x20 and self._parameters & _AUTOMATIC_RATS else b""
            data += bytes((number + 1,)) + bytes(reversed(card.atqa)) + bytes((card.sak,))
            data += bytes((len(card.uid),)) + card.uid + ats
        self._answer(0x4A, data, now_us)

    def _one_card(self):
        """The card that the chip singles out and selects, None when one of the answers did not come well."""
        if not self.field.exchange(REQA, SHORT)[0]:
            return None
        for card in self.field.cards:
            if card in self._found:
                continue
            answers = [self.field.exchange(frame) for frame in card.select_frames()]
            return card if all(_is_good(data, flaws) for data, flaws in answers) else None
        return None


def _is_good(data, flaws):
    return not flaws and len(data) == 3 and crc_a(data[:1]) == data[1:]
