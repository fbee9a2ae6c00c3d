"""The Wi-Fi station: begins to join one of several networks and knows what came of it; it never waits."""

from micropython import const

# An attempt gets this long; a running one is never disturbed
_ATTEMPT_MS = const(30000)
# The port shows why the attempt before failed until something else happens; this is longer than a search
_SURE_MS = const(8000)
_IDLE = const(1000)
_CONNECTING = const(1001)
_GOT_IP = const(1010)
_REASONS = {
    15: "no handshake: wrong password?",
    200: "signal lost",
    201: "not found",
    202: "wrong password",
    203: "refused by the access point",
    204: "no handshake: wrong password?",
    210: "not found with this security",
    211: "not found with this security",
    212: "signal too weak",
}


class Wlan:
    """`networks` are (name, password), the first is tried first; `started` once the radio is on."""

    def __init__(self, networks):
        import network

        self.started = False
        self._networks = networks
        self._problems = [""] * len(networks)
        self._place = 0
        self._stale = 0
        self._broken = ""
        self._wlan = None
        try:
            # Once only: the port does not survive a second time after a failure
            self._wlan = network.WLAN(network.STA_IF)
        except (OSError, RuntimeError) as error:
            self._broken = "the Wi-Fi radio did not start: %s" % error

    @property
    def name(self):
        """Of the network that is joined or tried next."""
        return "Wi-Fi " + self._networks[self._place][0]

    @property
    def count(self):
        """Number of networks."""
        return len(self._networks)

    @property
    def up(self):
        """True when IP traffic can flow."""
        return self.started and self._wlan.isconnected()

    @property
    def dns_server(self):
        """Address of the name server that DHCP told."""
        return self._wlan.ifconfig()[3]

    @property
    def problem(self):
        """What failed last, for each network where something did."""
        if self._broken:
            return self._broken
        return ", ".join(
            [
                "Wi-Fi %s: %s" % (network[0], problem)
                for network, problem in zip(self._networks, self._problems)
                if problem
            ]
        )

    def radio(self):
        """(signal in dBm, own address), None for what is not known; for a technician."""
        if not self._is_joined():
            return None, None
        return self._wlan.status("rssi"), self._wlan.ifconfig()[0]

    def start(self):
        """Switch the radio on, which holds the interpreter for 0.3 s; `problem` says when it refuses."""
        if self._wlan is None:
            return
        try:
            self._wlan.active(True)
            # Trying again is up to us: the port would not pause, nor say what is wrong
            self._wlan.config(reconnects=0)
            self.started = True
            self._broken = ""
        except (OSError, RuntimeError) as error:
            self._broken = "the Wi-Fi radio did not start: %s" % error

    def join(self):
        """Begin an attempt; False when the radio takes none."""
        try:
            self._wlan.connect(*self._networks[self._place])
        except (OSError, RuntimeError) as error:
            self._failed(str(error))
            return False
        self._stale = self._wlan.status()
        return True

    def trying(self, age_ms):
        """True while the attempt that is `age_ms` old may still succeed; a failed one makes way for the next."""
        status = self._wlan.status()
        if status == _GOT_IP:
            self._problems[self._place] = ""
            return False
        is_joined = self._is_joined()
        if age_ms < _ATTEMPT_MS and (
            is_joined
            or status in (_IDLE, _CONNECTING)
            or (status == self._stale and age_ms < _SURE_MS)
        ):
            return True
        if is_joined:
            self._failed("no address by DHCP")
        elif status in (_IDLE, _CONNECTING):
            self._failed("no answer")
        else:
            self._failed(_reason(status))
        return False

    def lost(self):
        """The connection broke: the same network is tried next."""
        self._problems[self._place] = _reason(self._wlan.status())

    def leave(self):
        """Disconnect, or give an attempt up."""
        try:
            self._wlan.disconnect()
        except (OSError, RuntimeError):
            pass

    def _failed(self, problem):
        self._problems[self._place] = problem
        self._place = (self._place + 1) % len(self._networks)
        self.leave()

    def _is_joined(self):
        try:
            return self._wlan is not None and self._wlan.status("rssi") is not None
        except (OSError, RuntimeError):
            return False


def _reason(status):
    return _REASONS.get(status) or "disconnected, reason %d" % status
