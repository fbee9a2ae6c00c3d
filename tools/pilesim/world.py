"""The world: every model on one clock, composed, with faults by name and a bounded trace of events."""

from pilesim import (
    buttons,
    ethernet,
    fault_names,
    mains,
    names,
    nor_flash,
    pn532,
    rs485,
    safety_inputs,
    wifi,
)
from pilesim.chip import PWRON_RESET, Chip, ResetRequest
from pilesim.clock import Clock
from pilesim.fault_names import FAULTS  # noqa: F401 - the world's own list
from pilesim.outlet import Outlet
from pilesim.rng import Random
from pilesim.serial_line import SerialLine
from pilesim.wiring import wire

TRACE_SIZE = 1000
FLASH_BYTES = 64 * 1024
JOURNAL_AT = 0x3F0000


def _of_first(name):
    """A model of outlet 1, as the board's fittings left it."""
    return property(
        lambda world: getattr(world.outlets[0], name),
        lambda world, model: setattr(world.outlets[0], name, model),
    )


class World:
    """Chip, flash, mains, RS-485 pair and one or two outlets; all follow from `seed`.

    `outlets` has what each EVSE has of its own; the first one's models are attributes of the world too.
    `partitioned` False: the image on the chip has no partition for the journal, which is `flash` at
    `journal_at`; `partitions` are the others, rows as esp32_partition.py has them.
    """

    line = _of_first("line")
    contactor = _of_first("contactor")
    phase_contactor = _of_first("phase_contactor")
    load = _of_first("load")
    vehicle = _of_first("vehicle")
    meter = _of_first("meter")
    output_sense = _of_first("output_sense")
    residual_current = _of_first("residual_current")
    temperature = _of_first("temperature")
    lock = _of_first("lock")
    proximity = _of_first("proximity")
    light = _of_first("light")

    def __init__(self, seed=1, ticks_offset_us=0, partitioned=True):
        self.seed = seed
        self.clock = clock = Clock(ticks_offset_us)
        self.random = Random(seed)
        self.trace = []
        self.on_event = None
        self.board = None
        self.hostname = "mpy-esp32"
        self.chip_temperature_c = 41
        self.unique_id = bytes([0x24, 0x6F, 0x28, seed >> 16 & 255, seed >> 8 & 255, seed & 255])
        self.mains = mains.Mains(clock, seed)
        self.bus = rs485.Bus(clock, self.random)
        self.fitted = {}  # as an outlet's
        self.outlets = ()
        self.fit_outlets(1)
        self.emergency_stop = safety_inputs.SafetyInput(clock)
        self.pe_monitor = safety_inputs.SafetyInput(clock)
        self.mains_monitor = safety_inputs.MainsMonitor(clock, self.mains)
        self.wifi = wifi.Wifi(clock, Random(seed + 7))
        self.ethernet = ethernet.Ethernet(clock)
        self.names = names.Names()
        self.rfid = pn532.Pn532(clock, Random(seed + 8))
        self.button = buttons.Button(clock, Random(seed + 9))
        self.buzzer = buttons.Buzzer()
        self.serial = SerialLine()  # None: the pile has this process's own stdin
        self.meter_model = "dlt645"  # what hangs on RS-485
        self.chip = Chip(clock, self.random, PWRON_RESET)
        self.partitioned = partitioned
        self.partitions = ()
        self.journal_at = JOURNAL_AT
        self.fit_flash(FLASH_BYTES)

    def fit_flash(self, size):
        """Another flash of `size` bytes for the journal, blank."""
        self.flash = nor_flash.NorFlash(
            size, Random(self.seed + 5), self.clock.advance, self._cut_power
        )

    def fit_outlets(self, count):
        """Have at least `count` outlets; those that are there stay as they are."""
        while len(self.outlets) < count:
            number = len(self.outlets) + 1
            self.outlets += (
                Outlet(number, self.clock, self.bus, self.mains, self.seed, self.log),
            )

    def outlet(self, number):
        """Outlet 1 or 2; ValueError when the pile has no such."""
        if not 1 <= number <= len(self.outlets):
            raise ValueError("outlet %d, the pile has %d" % (number, len(self.outlets)))
        return self.outlets[number - 1]

    def wire(self, board):
        """Connect the models as `board` says; repeated by itself after every chip reset."""
        self.board = board
        wire(self, board)

    def reset_chip(self, cause):
        """Reset the chip, or cut its power with PWRON_RESET: the old one is dead, ResetRequest is raised."""
        self.replace_chip(cause)
        raise ResetRequest(cause)

    def _cut_power(self):
        self.reset_chip(PWRON_RESET)

    def replace_chip(self, cause):
        """The same without raising, for a program that is no longer running."""
        self.log("reset", cause=cause)
        self.chip.stop()
        self.chip = Chip(self.clock, self.random, cause)
        if self.board is not None:
            wire(self, self.board)

    def set_fault(self, name, on, outlet=1):
        """Switch one of FAULTS, `name@2` or `outlet` for the second one's; ValueError names what is allowed."""
        name, number = fault_names.split(name if outlet == 1 else "%s@%d" % (name, outlet))
        fault_names.model_of(name, self, self.outlet(number)).set_fault(name, on)
        if number == 1:
            self.log("fault", name=name, on=on)
        else:
            self.log("fault", name=name, on=on, outlet=number)

    def set_mains(self, present):
        """Switch the mains."""
        self.mains.set_present(present)
        self.log("mains", state="on" if present else "off")

    def set_voltage(self, millivolts):
        """Another voltage on all phases."""
        self.mains.set_nominal_mv(millivolts)
        self.log("voltage", mv=millivolts)

    def set_temperature(self, c10, outlet=1):
        """Another temperature at the sensor, in 0.1 degrees Celsius."""
        self.outlet(outlet).set_temperature(c10)

    def freeze(self, us):
        """Hold the interpreter for `us`: the world goes on, no callback runs."""
        self.log("freeze", us=us)
        self.clock.freeze(us)

    def log(self, event, **facts):
        """Add an event to the trace, the oldest falling out."""
        entry = (self.clock.now_us, event, facts)
        self.trace.append(entry)
        if len(self.trace) > TRACE_SIZE:
            self.trace.pop(0)
        if self.on_event is not None:
            self.on_event(entry)

    def events(self, event, outlet=None):
        """Trace entries (us, event, facts) of one kind, of one outlet or all, oldest first."""
        return [
            entry
            for entry in self.trace
            if entry[1] == event and outlet in (None, entry[2].get("outlet", 1))
        ]
