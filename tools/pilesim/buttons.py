"""A push button to ground that bounces, and a buzzer."""

FAULTS = ("button_stuck", "button_wire")
# Contacts bounce for so long after each move
BOUNCE_US = (1_000, 12_000)
_BOUNCE_STEP_US = 700


class Button:
    """Level 0 while pressed; bounces by `random`."""

    def __init__(self, clock, random):
        self._clock = clock
        self._random = random
        self.faults = set()
        self.pressed = False
        self._bounces_until_us = -1

    def attach(self, pad):
        """Connect the input."""
        pad.source = self.level

    def press(self):
        """Push it down."""
        self._move(True)

    def release(self):
        """Let it go."""
        self._move(False)

    def set_fault(self, name, on):
        """Switch one of FAULTS: jammed or shorted; a broken wire."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)

    def level(self, now_us):
        """Level of the input."""
        if "button_wire" in self.faults:
            return 1
        if "button_stuck" in self.faults:
            return 0
        down = self.pressed
        if now_us < self._bounces_until_us and now_us // _BOUNCE_STEP_US % 2:
            down = not down
        return 0 if down else 1

    def _move(self, pressed):
        self.pressed = pressed
        self._bounces_until_us = self._clock.now_us + self._random.between(*BOUNCE_US)


class Buzzer:
    """`sounds` holds (start_us, end_us) of each tone."""

    def __init__(self):
        self.sounds = []
        self._since_us = -1

    def attach(self, pad):
        """Connect the output."""
        pad.watchers.append(self._changed)

    def _changed(self, pad, now_us):
        if pad.high_us:
            self._since_us = now_us
        elif self._since_us >= 0:
            self.sounds.append((self._since_us, now_us))
            self._since_us = -1
