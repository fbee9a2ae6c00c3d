"""One EVSE's side of the world: what stands between its pads, the mains and the vehicle at its cable."""

from pilesim import (
    contactor,
    light,
    lock,
    meter_bl0942,
    meter_dlt645,
    meter_hlw8032,
    meter_modbus,
    meter_s0,
    output_sense,
    phase_contactor,
    pilot_line,
    proximity,
    residual_current,
    residual_current_two_level,
    temperature,
    thermometers,
    vehicle,
)
from pilesim.load import Load
from pilesim.poles import Poles
from pilesim.rng import Random

# Of every kind of meter; which of them one has is its own to say
METER_FAULTS = ()
for _kind in (meter_modbus, meter_dlt645, meter_hlw8032, meter_bl0942, meter_s0):
    METER_FAULTS += tuple([name for name in _kind.FAULTS if name not in METER_FAULTS])
# Model, its faults by name. A new model: built in __init__, a row here, a row in wiring_table.py
MODELS = (
    ("line", pilot_line.FAULTS),
    ("contactor", contactor.FAULTS),
    ("phase_contactor", phase_contactor.FAULTS),
    ("output_sense", output_sense.FAULTS),
    ("residual_current", residual_current_two_level.FAULTS),
    ("temperature", temperature.FAULTS + thermometers.FAULTS),
    ("lock", lock.FAULTS),
    ("meter", METER_FAULTS),
    ("proximity", proximity.FAULTS),
    ("light", light.FAULTS),
    ("vehicle", vehicle.FAULTS),
)

_FIRST_METER = 210012345678
# Between the random streams of two outlets; each model adds its own number
_SEED_STEP = 10_007


class Outlet:
    """Pilot line, contactors, vehicle, load, meter and safety parts of EVSE `number` (1, 2)."""

    def __init__(self, number, clock, bus, mains, seed, log):
        self.number = number
        self.clock = clock
        self.fitted = {}  # which kind a part is, where there are several; see fittings.py
        self._log = log
        self._seed = seed = seed + (number - 1) * _SEED_STEP
        self.line = pilot_line.PilotLine(clock, Random(seed + 1))
        self.contactor = contactor.Contactor(clock, self.log, Random(seed + 3))
        self.phase_contactor = phase_contactor.PhaseContactor(clock, self.log, Random(seed + 6))
        self.load = Load(clock, mains)
        self.poles = Poles(self.contactor, self.phase_contactor, self.load, self.log)
        self.vehicle = vehicle.Vehicle(clock, self.line, self.poles, self.load, self.log)
        self.meter = meter_dlt645.MeterDlt645(
            clock, bus, self.load, mains, Random(seed + 2), str(_FIRST_METER + number - 1)
        )
        mains.before_change.append(self.load.commit)
        self.output_sense = output_sense.OutputSense(clock, self.contactor, mains)
        self.residual_current = residual_current.ResidualCurrentMonitor(
            clock, self.contactor, Random(seed + 4), self.log
        )
        self.temperature = temperature.Temperature()
        self.lock = lock.Lock(clock, self.log)
        self.proximity = proximity.Proximity(self.vehicle)
        self.light = light.Led()

    def random(self, number):
        """A stream of random numbers of this outlet's own."""
        return Random(self._seed + number)

    def log(self, event, **facts):
        """Add an event to the world's trace; from the second outlet on it carries its number."""
        if self.number > 1:
            facts["outlet"] = self.number
        self._log(event, **facts)

    def set_temperature(self, c10):
        """Another temperature at the sensor, in 0.1 degrees Celsius."""
        self.temperature.set_c10(c10)
        self.log("temperature", c10=c10)

    def set_noise(self, amplitude_mv):
        """Noise on the pilot line: an amplitude, None the one that stands, 0 none."""
        if amplitude_mv:
            self.line.noise_mv = amplitude_mv
        self.line.set_fault("noise", amplitude_mv != 0)
        self.log("fault", name="noise", on=amplitude_mv != 0)
