"""Id tokens of cards: a UID as the text that the wire and the settings carry, and when a card counts.

The text is upper-case hex without separators: 8, 14 or 20 digits, at most what an OCPP idTag holds.
"""

from micropython import const

# A card that a hand moves out of the field and back is still the same presentation
AWAY_MS = const(1000)

_SIZES = (8, 14, 20)
_SEPARATORS = " :-"
_HEX = "0123456789ABCDEF"


def from_uid(uid):
    """Text of a UID of 4, 7 or 10 bytes."""
    return "".join("%02X" % byte for byte in uid)


def normalise(text):
    """Text of a token as people write it, with spaces, colons or hyphens; ValueError says what is wrong."""
    plain = (
        "".join(c for c in text.upper() if c not in _SEPARATORS) if isinstance(text, str) else ""
    )
    if len(plain) not in _SIZES or not all(c in _HEX for c in plain):
        raise ValueError("id token %s: allowed 8, 14 or 20 hex digits" % repr(text)[:32])
    return plain


def is_random(token):
    """True when the card made this UID up and will show another one next time (4 bytes, first 08)."""
    return len(token) == 8 and token[:2] == "08"


class Presented:
    """Turns what the reader sees into presentations. Do not step it while the reader fails: that is no absence."""

    def __init__(self):
        self._present = []  # [uid, ms since it was read last] of cards that have counted
        self._candidate = None
        self._candidate_ms = 0

    def step(self, uid, dt_ms):
        """`uid` read since the last step, or None. Returns the token's text once per presentation, else None.

        It counts when it was read twice in a row; then not again before it was away for AWAY_MS.
        """
        for card in self._present:
            card[1] += dt_ms
        if self._present and any(card[1] >= AWAY_MS for card in self._present):
            self._present = [card for card in self._present if card[1] < AWAY_MS]
        self._candidate_ms += dt_ms
        if self._candidate_ms >= AWAY_MS:
            self._candidate = None
        if uid is None:
            return None
        for card in self._present:
            if card[0] == uid:
                card[1] = 0
                self._candidate = None
                return None
        if uid != self._candidate:
            self._candidate = uid
            self._candidate_ms = 0
            return None
        self._candidate = None
        self._present.append([uid, 0])
        return from_uid(uid)
