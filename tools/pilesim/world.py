"""The world: every model on one clock, composed, with faults by name and a bounded trace of events."""

from pilesim import (
    contactor,
    ethernet,
    lock,
    mains,
    meter_dlt645,
    names,
    nor_flash,
    output_sense,
    pilot_line,
    residual_current,
    rs485,
    safety_inputs,
    temperature,
    vehicle,
    wifi,
)
from pilesim.chip import PWRON_RESET, Chip, ResetRequest
from pilesim.clock import Clock
from pilesim.load import Load
from pilesim.rng import Random
from pilesim.wiring import wire

FAULTS = (
    pilot_line.FAULTS
    + contactor.FAULTS
    + output_sense.FAULTS
    + residual_current.FAULTS
    + safety_inputs.FAULTS
    + mains.FAULTS
    + temperature.FAULTS
    + lock.FAULTS
    + meter_dlt645.FAULTS
    + rs485.FAULTS
    + vehicle.FAULTS
    + nor_flash.FAULTS
    + wifi.FAULTS
    + ethernet.FAULTS
    + names.FAULTS
)
TRACE_SIZE = 1000
FLASH_BYTES = 64 * 1024


class World:
    """Chip, flash, pilot line, contactor, safety parts, vehicle, mains and meter; all follow from `seed`.

    `partitioned` False: the image on the chip has no partition for the journal.
    """

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
        self.line = pilot_line.PilotLine(clock, Random(seed + 1))
        self.contactor = contactor.Contactor(clock, self.log, Random(seed + 3))
        self.mains = mains.Mains(clock, seed)
        self.load = Load(clock, self.mains)
        self.vehicle = vehicle.Vehicle(clock, self.line, self.contactor, self.load, self.log)
        self.bus = rs485.Bus(clock, self.random)
        self.meter = meter_dlt645.MeterDlt645(
            clock, self.bus, self.load, self.mains, Random(seed + 2)
        )
        self.mains.before_change = self.load.commit
        self.output_sense = output_sense.OutputSense(clock, self.contactor, self.mains)
        self.residual_current = residual_current.ResidualCurrentMonitor(
            clock, self.contactor, Random(seed + 4), self.log
        )
        self.emergency_stop = safety_inputs.SafetyInput(clock)
        self.pe_monitor = safety_inputs.SafetyInput(clock)
        self.mains_monitor = safety_inputs.MainsMonitor(clock, self.mains)
        self.temperature = temperature.Temperature()
        self.lock = lock.Lock(clock, self.log)
        self.wifi = wifi.Wifi(clock, Random(seed + 6))
        self.ethernet = ethernet.Ethernet(clock)
        self.names = names.Names()
        self.chip = Chip(clock, self.random, PWRON_RESET)
        self.partitioned = partitioned
        self.flash = nor_flash.NorFlash(
            FLASH_BYTES, Random(seed + 5), clock.advance, self._cut_power
        )

    def wire(self, board):
        """Connect the models as `board` says; repeated by itself after every chip reset."""
        self.board = board
        self.mains.phases = self.load.phases = getattr(board, "PHASES", 1)
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

    def set_fault(self, name, on):
        """Switch one of FAULTS; ValueError names the allowed ones."""
        self._model_of(name).set_fault(name, on)
        self.log("fault", name=name, on=on)

    def set_mains(self, present):
        """Switch the mains."""
        self.mains.set_present(present)
        self.log("mains", state="on" if present else "off")

    def set_voltage(self, millivolts):
        """Another voltage on all phases."""
        self.mains.set_nominal_mv(millivolts)
        self.log("voltage", mv=millivolts)

    def set_temperature(self, c10):
        """Another temperature at the sensor, in 0.1 degrees Celsius."""
        self.temperature.set_c10(c10)
        self.log("temperature", c10=c10)

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

    def events(self, event):
        """Trace entries (us, event, facts) of one kind, oldest first."""
        return [entry for entry in self.trace if entry[1] == event]

    def _model_of(self, name):
        for model, faults in (
            (self.line, pilot_line.FAULTS),
            (self.contactor, contactor.FAULTS),
            (self.output_sense, output_sense.FAULTS),
            (self.residual_current, residual_current.FAULTS),
            (self.emergency_stop, ("emergency_stop",)),
            (self.pe_monitor, ("pe_lost",)),
            (self.mains, mains.FAULTS),
            (self.temperature, temperature.FAULTS),
            (self.lock, lock.FAULTS),
            (self.meter, meter_dlt645.FAULTS),
            (self.bus, rs485.FAULTS),
            (self.vehicle, vehicle.FAULTS),
            (self.flash, nor_flash.FAULTS),
            (self.wifi, wifi.FAULTS),
            (self.ethernet, ethernet.FAULTS),
            (self.names, names.FAULTS),
        ):
            if name in faults:
                return model
        raise ValueError("fault %s, allowed %s" % (name, " ".join(FAULTS)))
