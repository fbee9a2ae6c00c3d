"""ISO 14443 type A cards and the field of a reader that they are held to."""

FAULTS = ("rfid_silent", "rfid_stuck", "rfid_noisy", "rfid_weak", "card_collision")

REQA = b"\x26"
WUPA = b"\x52"
SHORT = 7
_SELECT = b"\x93\x95\x97"
HALT = b"\x50\x00\x57\xcd"
CASCADE_TAG = 0x88
# What an answer carries besides bytes
COLLISION = 1
DAMAGED = 2
# A card needs this much field before it listens
START_US = 5000
_WEAK_EVERY = 3
_ANSWER_DELAY_US = 87

_IDLE, _READY, _ACTIVE, _HALTED = range(4)


def crc_a(data):
    """CRC_A of a frame, as it follows it; bit by bit, x^16 + x^12 + x^5 + 1 reflected."""
    crc = 0x6363
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return bytes((crc & 0xFF, crc >> 8))


def air_us(count, bits=0):
    """Duration of `count` bytes with parity at 106 kbit/s, the last one of `bits` only, if any."""
    return (count * 9 + 2 if not bits else bits + 2) * 128 * 1000 // 13560


class Card:
    """One card. `sak` of the last cascade level; 0x20 in it: it also speaks ISO 14443-4."""

    def __init__(self, uid, atqa=None, sak=0x08):
        self.uid = bytes(uid)
        if atqa is None:
            atqa = bytes((0x04 | {4: 0, 7: 0x40, 10: 0x80}[len(uid)], 0))
        self.atqa = atqa
        self.sak = sak
        self._levels = []
        rest = self.uid
        while rest:
            part = rest if len(rest) == 4 else bytes((CASCADE_TAG,)) + rest[:3]
            rest = b"" if len(rest) == 4 else rest[3:]
            self._levels.append(part + bytes((part[0] ^ part[1] ^ part[2] ^ part[3],)))
        self.power_off()

    def power_off(self):
        """Out of the field it forgets everything."""
        self._state = _IDLE
        self._wakes_from = _IDLE
        self._level = 0

    def select_frames(self):
        """The frames that lead this card alone from READY to ACTIVE."""
        frames = []
        for level, part in enumerate(self._levels):
            frame = _SELECT[level : level + 1] + b"\x70" + part
            frames.append(frame + crc_a(frame))
        return frames

    def hear(self, frame, bits):
        """Answer to a frame of the reader, b"" for none."""
        if bits == SHORT:
            return self._hear_short(frame)
        if self._state == _ACTIVE and frame == HALT:
            self._wakes_from = _HALTED
            return self._sleep()
        if self._state != _READY or frame[:1] != _SELECT[self._level : self._level + 1]:
            return self._sleep()
        part = self._levels[self._level]
        if frame[1:] == b"\x20":
            return part
        if frame[1:7] != b"\x70" + part or crc_a(frame[:7]) != frame[7:]:
            return self._sleep()
        self._level += 1
        last = self._level == len(self._levels)
        if last:
            self._state = _ACTIVE
        sak = bytes((self.sak if last else 0x04,))
        return sak + crc_a(sak)

    def _hear_short(self, frame):
        if self._state in (_READY, _ACTIVE) or (self._state == _HALTED and frame == REQA):
            return self._sleep()
        if frame not in (REQA, WUPA):
            return b""
        self._wakes_from = self._state
        self._state = _READY
        self._level = 0
        return self.atqa

    def _sleep(self):
        self._state = self._wakes_from
        return b""


class Field:
    """The field of one reader: who is in it, and what its air does to frames."""

    def __init__(self, clock, random):
        self._clock = clock
        self._random = random
        self.cards = []
        self.faults = set()
        self.wakes = 0
        self._on_us = -1

    def present(self, card):
        """Hold a card to the reader."""
        if card not in self.cards:
            card.power_off()
            self.cards.append(card)

    def remove(self, card=None):
        """Take a card away, or all of them."""
        for gone in self.cards if card is None else (card,):
            gone.power_off()
        self.cards = [] if card is None else [kept for kept in self.cards if kept is not card]

    def switch(self, on):
        """Switch the field."""
        if on and self._on_us < 0:
            self._on_us = self._clock.now_us
        elif not on:
            self._on_us = -1
            for card in self.cards:
                card.power_off()

    @property
    def on(self):
        """True while there is a field."""
        return self._on_us >= 0

    def exchange(self, frame, bits=0):
        """(answer, COLLISION and DAMAGED bits) of all cards to a frame; b"" when none answers."""
        if not self.on or self._clock.now_us - self._on_us < START_US:
            return b"", 0
        if bits == SHORT:
            self.wakes += 1
            if "rfid_weak" in self.faults and self.wakes % _WEAK_EVERY:
                return b"", 0
        answers = []
        for card in self._all():
            answer = card.hear(frame, bits)
            if answer:
                answers.append(answer)
        if not answers:
            return b"", 0
        merged = bytearray(max(len(answer) for answer in answers))
        for answer in answers:
            for at in range(len(answer)):
                merged[at] |= answer[at]
        flaws = COLLISION if any(answer != answers[0] for answer in answers) else 0
        if "rfid_noisy" in self.faults:
            flaws |= self._spoil(merged)
        return bytes(merged), flaws

    def exchange_us(self, frame, bits, answer):
        """How long that took."""
        sent_us = air_us(len(frame), bits)
        return sent_us + _ANSWER_DELAY_US + air_us(len(answer)) if answer else sent_us

    def _all(self):
        if "card_collision" not in self.faults or not self.cards:
            return self.cards
        uid = self.cards[0].uid
        if len(self.cards) == 1:
            # Another one of the same kind, which differs in its last byte
            self.cards.append(Card(uid[:-1] + bytes((uid[-1] ^ 0x5A,)), sak=self.cards[0].sak))
        return self.cards

    def _spoil(self, data):
        """One bit, which parity shows, or two of one byte, which it does not; one answer in ten survives."""
        random = self._random
        kind = random.below(10)
        if not kind:
            return 0
        at = random.below(len(data))
        bit = random.below(8)
        data[at] ^= 1 << bit
        if kind & 1:
            return DAMAGED
        data[at] ^= 1 << (bit + 1 + random.below(7)) % 8
        return 0


class Reader:
    """What every reader's model has: a field, cards held to it, and FAULTS."""

    def __init__(self, clock, random):
        self._clock = clock
        self._random = random
        self.faults = set()
        self.field = Field(clock, random)
        self.field.faults = self.faults

    def present(self, card):
        """Hold a card to the reader."""
        self.field.present(card)

    def remove(self, card=None):
        """Take a card away, or all of them."""
        self.field.remove(card)

    def set_fault(self, name, on):
        """Switch one of FAULTS. `rfid_silent` is an unplugged reader: it comes back as after power-on."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        if name == "rfid_silent":
            self.power_on()
        elif name == "card_collision" and not on:
            self.field.cards = self.field.cards[:1]
