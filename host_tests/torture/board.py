"""What stands below the control loop in most runs: a pilot that is believed, a contactor that obeys.

The board gives the firmware its parts; `build_loop` takes the place of the one in evse.app.connector_loop
and builds the same control loop, rules and registers with a tick and a protection that find nothing wrong.
"""

from evse.control.control_loop import ControlLoop
from evse.core import limits, pilot_profiles
from evse.core.charging import CLOSE, OPEN
from evse.core.meter import MeterRegister
from evse.core.pilot import DRIVE_PWM
from evse.core.pilot_profiles import A, B, C

from .meter import MeterDriver

_MV = {A: 12000, B: 9000, C: 6000}
# A vehicle answers an offer, or its end, after this long
_VEHICLE_US = 300_000


class Vehicle:
    """Plugged or not, hungry or not; draws `power_w` while it is offered current and the contactor is closed."""

    def __init__(self, clock, meter):
        self.plugged = False
        self.hungry = False
        self.stubborn = False  # keeps asking for current while none is offered
        self.power_w = 36000
        self._clock = clock
        self._meter = meter
        self._offered = False
        self._offered_us = 0
        self._closed = False

    def plug(self, chance):
        """A vehicle of some power comes, and it may be one that asks for current whatever is offered."""
        self.power_w = chance.randrange(20000, 41000)
        self.stubborn = chance.random() < 0.3
        self.plugged = self.hungry = True

    def fill(self):
        """It has enough."""
        self.hungry = False

    def offer(self, on):
        """What the pilot says."""
        if on != self._offered:
            self._offered = on
            self._offered_us = self._clock.now_us

    def close(self, on):
        """The contactor."""
        self._closed = on
        self._flow()

    def pilot(self):
        """A, B or C."""
        self._flow()
        if not self.plugged:
            return A
        return C if self._draws() else B

    def unplug(self):
        """The plug is pulled: nothing flows from now on."""
        self.plugged = self.hungry = False
        self._flow()

    def _draws(self):
        if self.stubborn:
            return self.plugged and self.hungry
        settled = self._clock.now_us - self._offered_us >= _VEHICLE_US
        return self.plugged and self.hungry and (self._offered if settled else not self._offered)

    def _flow(self):
        power_w = self.power_w if self._closed and self._draws() else 0
        if power_w != self._meter.power_w:
            self._meter.through(power_w)


class CardReader:
    """What lies on it: the bytes of a UID, or nothing."""

    def __init__(self):
        self.uid = None

    def present(self, uid):
        """Hold a card to it."""
        self.uid = uid

    def remove(self):
        """Take it away."""
        self.uid = None

    def read(self):
        """As the firmware's drivers."""
        return self.uid


class SilentPort:
    """A serial port at which nobody types."""

    def read(self, _most):
        return b""

    def interruptible(self, _on):
        pass


class Board:
    """One start of the pile: three phases, 63 A; `site` has vehicle, meter, flash and random of the place."""

    NAME = "torture"
    CONNECTOR_KIND = "cable"
    RATED_A10 = 630
    VOLTS = 220
    PHASES = 3
    HERTZ = 50

    number = 1
    RFID = "torture"
    ETHERNET = None
    PINS = ()

    def __init__(self, site):
        self.site = site

    def evses(self):
        """One."""
        return [self]

    def meter(self, _settings):
        """The meter's driver."""
        return MeterDriver(self.site.meter)

    def journal_flash(self):
        """The journal's partition."""
        return self.site.flash

    def chip(self):
        """Reset cause and randomness."""
        return self

    def serial_port(self):
        return SilentPort()

    def rfid(self):
        """The card reader."""
        return self.site.reader

    def buzzer(self):
        """None."""

    def watchdog(self):
        """Never needed."""
        return self

    def light(self):
        """Seen by nobody."""
        return self

    tick_timer = light

    def feed(self):
        """As a watchdog."""

    def set(self, _lit):
        """As a lamp."""

    def reset_cause(self):
        """Why it started."""
        return "power_on"

    def unique_id(self):
        """As a chip."""
        return "246f28000001"

    def random(self):
        """A number from 0 up to 1."""
        return self.site.random.random()


class _ControlPilot:
    def __init__(self, vehicle):
        self.drive = 0
        self._vehicle = vehicle

    def set_drive(self, drive, _duty_bp):
        self.drive = drive
        self._vehicle.offer(drive == DRIVE_PWM)


class _Pilot:
    def __init__(self, vehicle):
        self._vehicle = vehicle

    @property
    def state(self):
        return self._vehicle.pilot()

    instant = state

    @property
    def high_mv(self):
        return _MV[self.state]


class _Contactor:
    commanded = closed = False
    operations = 0


class _Tick:
    """Obeys the permission at once."""

    def __init__(self, vehicle):
        self.pilot = _Pilot(vehicle)
        self.contactor = _Contactor()
        self.ventilated = self.testing = False
        self.faults = self.latched = self.drops = 0
        self.error = None
        self._vehicle = vehicle
        self._ticks = 0

    @property
    def ticks(self):
        self._ticks += 1
        return self._ticks

    def start(self, _timer):
        pass

    def take_faults(self):
        return 0

    def permit(self, permission):
        contactor = self.contactor
        closed = contactor.closed
        if permission == OPEN or self.pilot.state != C:
            closed = False
        elif permission == CLOSE:
            closed = True
        if closed != contactor.closed:
            contactor.commanded = contactor.closed = closed
            self._vehicle.close(closed)


class _Protection:
    missing = ()
    problem = ""
    has_mains_monitor = busy = False
    ready = may_close = True
    interrupts = opens = False
    phases = None
    temperature_c10 = 250

    def step(self, *_values):
        return 0

    def restart(self):
        pass


def build_loop(board, settings, permit, lockouts):
    """ControlLoop as the firmware's own function builds it, on a tick and a protection without troubles."""
    vehicle = board.site.vehicle
    profile = pilot_profiles.load(settings["profile"])
    register = MeterRegister(board.RATED_A10 * board.VOLTS * board.PHASES // 10 * 12 // 10)
    slots = limits.Limits(board.RATED_A10)
    slots.set(limits.TECHNICIAN, settings["technician_limit_a10"])
    if settings["site"]:
        slots.set(limits.SITE, settings["site_fallback_a10"])
    return ControlLoop(
        profile,
        settings,
        _ControlPilot(vehicle),
        _Tick(vehicle),
        register,
        slots,
        _Protection(),
        permit,
        lockouts,
    )
