"""Lights as a driver sees them: three LEDs on three pins, a chain of WS2812."""

FAULTS = ("light_wire", "light_supply")

# WS2812B: high time of a 0 and of a 1 in ns, from and to
_HIGH_0_NS = (200, 500)
_HIGH_1_NS = (550, 1000)


class Led:
    """One white LED on a pin."""

    def __init__(self):
        self._pad = None

    def attach(self, pad):
        """Connect the output."""
        self._pad = pad

    def set_fault(self, name, on):
        """None that could be seen."""

    def colour(self, now_us):
        """0xFFFFFF while it is lit, else 0."""
        return 0xFFFFFF if self._pad.output and self._pad.read(now_us) else 0


class LightRgb:
    """Red, green and blue LED; `active_level` lights them."""

    def __init__(self):
        self._pads = ()
        self._active_level = 1

    def attach(self, red_pad, green_pad, blue_pad, active_level=1):
        """Connect the outputs."""
        self._pads = (red_pad, green_pad, blue_pad)
        self._active_level = active_level

    def set_fault(self, name, on):
        """None that could be seen."""

    def colour(self, now_us):
        """0xRRGGBB of LEDs that are on or off; an input drives none."""
        rgb = 0
        for pad in self._pads:
            lit = pad.output and pad.read(now_us) == self._active_level
            rgb = rgb << 8 | (0xFF if lit else 0)
        return rgb


class LedChain:
    """`count` WS2812; `colours` holds 0xRRGGBB of each. A broken wire leaves them as they are, a dip of
    the supply (`light_supply`) makes them dark and forgetful.
    """

    def __init__(self, count):
        self.colours = [0] * count
        self.faults = set()
        self.refused = 0

    def attach(self, pad):
        """Connect the data wire."""
        pad.bus = self

    def set_fault(self, name, on):
        """Switch one of FAULTS."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        if "light_supply" in self.faults:
            self.colours = [0] * len(self.colours)

    def colour(self, now_us):
        """0xRRGGBB of the first one."""
        return self.colours[0]

    def stream(self, timing_ns, data):
        """What the chip sends: three bytes for each LED, green first; the rest is passed on."""
        if self.faults:
            return
        is_read = (
            _HIGH_0_NS[0] <= timing_ns[0] <= _HIGH_0_NS[1]
            and _HIGH_1_NS[0] <= timing_ns[2] <= _HIGH_1_NS[1]
        )
        if not is_read:
            self.refused += 1
            return
        for index in range(min(len(self.colours), len(data) // 3)):
            green, red, blue = data[3 * index : 3 * index + 3]
            self.colours[index] = red << 16 | green << 8 | blue
