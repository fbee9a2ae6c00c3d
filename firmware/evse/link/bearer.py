"""What carries the link: Ethernet first, Wi-Fi as fall-back, one attempt at a time and never in a hurry."""

import asyncio
from time import ticks_diff, ticks_ms

from micropython import const

_LOOK_MS = const(500)
# Between attempts: doubled after each round through the networks, half of it by chance
_PAUSE_FIRST_MS = const(1000)
_PAUSE_MOST_MS = const(60000)
# What has carried for so long is good: pauses begin anew
_GOOD_MS = const(10000)
# Ethernet takes over from a working Wi-Fi after
_STEADY_MS = const(60000)
# Ethernet gets so long at the start before Wi-Fi is tried
_HEAD_START_MS = const(5000)
_RESTART_MS = const(60000)
# A short outage is not worth a word
_SILENT_MS = const(10000)


class Bearer:
    """`lan` and `wlan` may be None; without both the link is taken as up. `say` tells people."""

    def __init__(self, lan, wlan, permit, random, say):
        # async (host) -> address as text, or None when every host is a number
        self.resolve = None
        self.lan = lan
        self.wlan = wlan
        self._permit = permit
        self._random = random
        self._say = say
        self._told = ""
        self._carrier = None
        self._held_ms = 0  # since the carrier changed
        self._lan_ms = 0  # Ethernet has been up
        self._is_trying = False
        self._age_ms = 0  # of the attempt that runs
        self._tries = 0  # since something held
        self._pause_ms = _HEAD_START_MS if lan else 0
        self._restart_ms = 0
        self._start()

    @property
    def up(self):
        """True when IP traffic can flow."""
        return self._carrier is not None or not (self.lan or self.wlan)

    @property
    def name(self):
        """What carries: "Ethernet", "Wi-Fi " and the network, or "" for nothing."""
        return self._carrier.name if self._carrier else ""

    @property
    def problem(self):
        """What is wrong with each interface and network, "" for nothing."""
        return "; ".join([part.problem for part in (self.lan, self.wlan) if part and part.problem])

    @property
    def dns_server(self):
        """Address of the name server that DHCP told, "" for none."""
        server = self._carrier.dns_server if self._carrier else ""
        return "" if server == "0.0.0.0" else server

    async def wait_up(self):
        """Return once the network is up."""
        while not self.up:
            await asyncio.sleep_ms(_LOOK_MS)

    async def run(self):
        """Look after the interfaces; never ends."""
        last_ms = ticks_ms()
        while True:
            now_ms = ticks_ms()
            self.step(ticks_diff(now_ms, last_ms))
            last_ms = now_ms
            await asyncio.sleep_ms(_LOOK_MS)

    def step(self, dt_ms):
        """Look once, `dt_ms` after the last time."""
        self._restart_ms += dt_ms
        if self._restart_ms >= _RESTART_MS:
            self._start()
        wlan = self.wlan
        if self._is_trying:
            self._age_ms += dt_ms
            self._is_trying = wlan.trying(self._age_ms)
            if not self._is_trying:
                self._pause()
        carrier = self._choose(dt_ms)
        self._held_ms += dt_ms
        if carrier is not self._carrier:
            if self._carrier:
                self._pause()
            self._carrier = carrier
            self._held_ms = 0
        elif carrier and self._held_ms >= _GOOD_MS:
            self._tries = 0
        if not carrier and wlan and wlan.started and not self._is_trying:
            self._pause_ms -= dt_ms
            if self._pause_ms <= 0:
                self._try()
        self._tell()

    def _choose(self, dt_ms):
        lan, wlan, carrier = self.lan, self.wlan, self._carrier
        lan_up = lan and lan.up
        wlan_up = wlan and wlan.up
        self._lan_ms = self._lan_ms + dt_ms if lan_up else 0
        if wlan and carrier is wlan:
            if not wlan_up:
                wlan.lost()
            elif self._lan_ms < _STEADY_MS or self._permit.energised:
                return wlan
        if not lan_up:
            return wlan if wlan_up else None
        if wlan_up:
            # Both up, the port would send everything by Wi-Fi
            wlan.leave()
        return lan

    def _try(self):
        self._tries += 1
        self._age_ms = 0
        self._is_trying = self.wlan.join()
        if not self._is_trying:
            self._pause()

    def _pause(self):
        rounds = self._tries // self.wlan.count if self.wlan else 0
        most_ms = min(_PAUSE_FIRST_MS << min(rounds, 6), _PAUSE_MOST_MS)
        self._pause_ms = most_ms // 2 + int(most_ms // 2 * self._random())

    def _start(self):
        # What did not start gets another chance now and then, while nothing is energised
        self._restart_ms = 0
        for interface in (self.lan, self.wlan):
            if interface and not interface.started:
                try:
                    with self._permit.hold("network"):
                        interface.start()
                except OSError:
                    pass

    def _tell(self):
        if not self._carrier and self._held_ms < _SILENT_MS:
            return
        text = self.name or self.problem
        if text != self._told:
            self._told = text
            self._say("network: %s", text)


def build_bearer(board, settings, permit, random, say):
    """The Bearer of a board and its settings; what they do without is not loaded."""
    lan = wlan = None
    if board.ETHERNET:
        from .lan import Lan

        # By itself: the board's whole table need not stay for it
        pins = {role: board.PINS.get(role) for role in ("eth_mdc", "eth_mdio", "eth_power")}
        lan = Lan(board.ETHERNET, pins)
    networks = list(settings["wifi_networks"])
    if settings["wifi_ssid"]:
        networks.insert(0, (settings["wifi_ssid"], settings["wifi_password"]))
    if networks:
        from .wlan import Wlan

        wlan = Wlan(networks)
    bearer = Bearer(lan, wlan, permit, random, say)
    for host in (settings["broker_host"], settings["ntp_host"]):
        if host and not host.split(".")[-1].isdigit():
            from .dns import Dns

            bearer.resolve = Dns(bearer, settings["dns_server"]).resolve
            break
    return bearer
