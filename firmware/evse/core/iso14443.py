"""ISO/IEC 14443-3 type A: the frames from a wake-up to a card's complete UID. No I/O.

WUPA wakes a card, whose ATQA says that it is there. Each cascade level then tells four bytes and their
BCC, and is selected, which the card answers with SAK and CRC_A. A level that begins with the cascade
tag holds three bytes of the UID and another level follows: 4, 7 or 10 bytes in one, two or three.
"""

from micropython import const

_CASCADE_TAG = const(0x88)
_WUPA = b"\x52"
# Wake-up is a short frame of 7 bits
_SHORT = const(7)
_LEVELS = b"\x93\x95\x97"
_ANTICOLLISION = b"\x20"
_SELECT = b"\x70"
_UID_INCOMPLETE = const(0x04)
# ATQA: a card without one of these cannot take part in anticollision
_ANTICOLLISION_BITS = const(0x1F)


def crc_a(data):
    """CRC_A of `data` as the two bytes that follow it on the air."""
    crc = 0x6363
    for byte in data:
        low = (byte ^ crc) & 0xFF
        low ^= low << 4 & 0xFF
        crc = crc >> 8 ^ low << 8 ^ low << 3 ^ low >> 4
    return bytes((crc & 0xFF, crc >> 8 & 0xFF))


def bcc(part):
    """The check byte of four UID bytes."""
    return part[0] ^ part[1] ^ part[2] ^ part[3]


class Activation:
    """Reads one UID after the other: send `frame`, of whose last byte `bits` count (0: all), then step."""

    def __init__(self):
        self.problem = ""  # why the last try ended without a UID, "" also when there is no card
        self._missed_wake = True
        self._restart()

    def step(self, answer, collided=False):
        """Take the answer to `frame`, b"" for none or a damaged one; `collided`: two cards differed in a bit.

        Returns the UID when it is complete, else None. `frame` is the next one to send.
        """
        if collided:
            self._missed_wake = False
            return self._fail("two cards")
        if self._level < 0:
            return self._awake(answer)
        if not self._part:
            return self._told(answer)
        return self._selected(answer)

    def _restart(self):
        self.frame = _WUPA
        self.bits = _SHORT
        self._level = -1
        self._part = b""
        self._uid = b""

    def _fail(self, problem):
        self.problem = problem
        self._restart()

    def _awake(self, answer):
        # A card that was spoken to falls asleep at the next wake-up and answers the one after it
        if not answer:
            if self._missed_wake:
                self.problem = ""
            self._missed_wake = True
            return None
        self._missed_wake = False
        if len(answer) != 2 or not answer[0] & _ANTICOLLISION_BITS:
            return self._fail("card without anticollision")
        return self._next_level()

    def _next_level(self):
        self._level += 1
        self._part = b""
        self.bits = 0
        self.frame = _LEVELS[self._level : self._level + 1] + _ANTICOLLISION

    def _told(self, answer):
        if len(answer) != 5 or bcc(answer) != answer[4]:
            return self._fail("no BCC" if answer else "card went away")
        self._part = bytes(answer[:4])
        frame = _LEVELS[self._level : self._level + 1] + _SELECT + bytes(answer)
        self.frame = frame + crc_a(frame)
        return None

    def _selected(self, answer):
        if len(answer) != 3 or crc_a(answer[:1]) != bytes(answer[1:]):
            return self._fail("no CRC" if answer else "card went away")
        more = self._part[0] == _CASCADE_TAG and self._level < 2
        if more != bool(answer[0] & _UID_INCOMPLETE):
            return self._fail("SAK %02X to UID part %02X" % (answer[0], self._part[0]))
        if more:
            self._uid += self._part[1:]
            return self._next_level()
        uid = self._uid + self._part
        self.problem = ""
        self._restart()
        return uid
