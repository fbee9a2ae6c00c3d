"""A bearer in a simulated world, looked after step by step; Wi-Fi and Ethernet as a test sets them up."""

from pilesim import host
from pilesim.wifi import AccessPoint
from pilesim.world import World

PINS = {"eth_mdc": 23, "eth_mdio": 18, "eth_power": 12}
# A PHY that gets its clock from the chip
LAN8720 = {"phy": "LAN8720", "address": 1, "clock": "gpio17_out", "pins": (19, 22, 21)}


class Board:
    """The parts of a board that the link sees."""

    def __init__(self, ethernet):
        self.PINS = PINS
        self.ETHERNET = ethernet


class Bench:
    """`networks` stand in the settings, `points` in the air; with ... as bench."""

    def __init__(self, networks=(), points=(), ethernet=None, seed=1, **settings):
        self.world = World(seed)
        self.board = self.world.board = Board(ethernet)
        self.world.wifi.access_points = [AccessPoint(*point) for point in points]
        self.lines = []
        self.connects_s = []
        self._settings = {
            "wifi_ssid": "",
            "wifi_password": "",
            "wifi_networks": networks,
            "broker_host": "10.0.0.1",
            "ntp_host": "",
            "dns_server": "",
        }
        self._settings.update(settings)
        self.bearer = self.permit = None

    def __enter__(self):
        host.install(self.world)
        try:
            self.boot()
        except BaseException:
            host.uninstall()
            raise
        return self

    def __exit__(self, *_exc):
        host.uninstall()

    def boot(self, energised=False):
        """Build the bearer as a station does."""
        from evse.control.stall_permit import StallPermit
        from evse.link.bearer import build_bearer

        self.permit = StallPermit()
        self.permit.energised = energised
        self.bearer = build_bearer(self.board, self._settings, self.permit, self.chance, self.say)
        self.step(0)

    def chance(self):
        """A number from 0 up to 1."""
        return self.world.random.below(1000) / 1000

    def say(self, text, *values):
        self.lines.append(text % values)

    @property
    def wifi(self):
        return self.world.wifi

    @property
    def now_s(self):
        return self.world.clock.now_us / 1e6

    def point(self, ssid):
        """The access point of that name, to be changed; then wifi.changed()."""
        return next(point for point in self.wifi.access_points if point.ssid == ssid)

    def step(self, ms=500):
        self.world.clock.advance(ms * 1000)
        before = self.wifi.connects
        self.bearer.step(ms)
        self.connects_s += [self.now_s] * (self.wifi.connects - before)

    def run(self, s):
        """Let time pass; the share of it that the link was up, in percent."""
        up = 0
        for _ in range(s * 2):
            self.step()
            up += self.bearer.up
        return up * 100 // (s * 2)

    def until(self, condition, within_s):
        """Wait for a condition, at most so long; seconds that it took."""
        for halves in range(within_s * 2):
            if condition():
                return halves / 2
            self.step()
        raise AssertionError((self.bearer.name, self.bearer.problem, self.connects_s))
