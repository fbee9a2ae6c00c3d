"""Proximity contact of a socket: the cable's resistor to earth under a pull-up, as the ADC sees it."""

FAULTS = ("pp_open", "pp_short", "pp_leak", "pp_loose")
CABLE_OHM = {130: 1500, 200: 680, 320: 220, 630: 100}
LEAK_OHM = 150
LOOSE_US = 40_000
_ADC_MAX_MV = 3100


class Proximity:
    """`cable_ohm` counts while `holder` (a vehicle, or whatever has `plugged`) is plugged.

    `pp_leak`: a wet contact, LEAK_OHM to earth; `pp_loose`: breaks off for half of every 2 * LOOSE_US.
    """

    def __init__(self, holder):
        self.cable_ohm = CABLE_OHM[320]
        self.faults = set()
        self._holder = holder
        self._front_end = None

    def attach(self, pad, front_end):
        """Connect the ADC input; `front_end` as a board's PROXIMITY_FRONT_END."""
        self._front_end = front_end
        pad.analog_mv = self.adc_mv

    def set_cable(self, a10):
        """Another cable, by its ampacity in 0.1 A."""
        self.cable_ohm = CABLE_OHM[a10]

    def set_fault(self, name, on):
        """Switch one of FAULTS."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)

    def ohm(self, now_us):
        """Resistance from the contact to earth, None when it is open."""
        faults = self.faults
        if "pp_short" in faults:
            return 0
        loose = "pp_loose" in faults and now_us // LOOSE_US % 2
        ohm = self.cable_ohm
        if "pp_open" in faults or loose or not self._holder.plugged:
            ohm = None
        if "pp_leak" in faults:
            return LEAK_OHM if ohm is None else ohm * LEAK_OHM // (ohm + LEAK_OHM)
        return ohm

    def adc_mv(self, now_us):
        """What the ADC reads."""
        pullup_ohm, millivolts = self._front_end["pullup_ohm"], self._front_end["pullup_mv"]
        ohm = self.ohm(now_us)
        if ohm is not None:
            millivolts = (millivolts * ohm * 2 // (ohm + pullup_ohm) + 1) // 2
        return min(_ADC_MAX_MV, millivolts)
