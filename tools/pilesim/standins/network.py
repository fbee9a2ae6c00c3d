"""Stand-in for the ESP32 port's `network`: a station interface that connects half a second later."""

from pilesim import current

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201

CONNECT_US = 500_000


class WLAN:
    """Wi-Fi interface. Every object of one interface shares its state, as on the port."""

    IF_STA = STA_IF
    IF_AP = AP_IF

    def __init__(self, interface=STA_IF):
        wlan = current.world.chip.wlan
        if interface not in wlan:
            wlan[interface] = {"active": False, "ready_us": -1, "config": {}}
        self._state = wlan[interface]

    def active(self, on=None):
        """Whether the interface is on, or switch it."""
        if on is not None:
            self._state["active"] = bool(on)
            if not on:
                self._state["ready_us"] = -1
        return self._state["active"]

    def connect(self, ssid=None, key=None, bssid=None):
        """Begin to connect."""
        if not self._state["active"]:
            raise OSError("Wifi Not Started")
        self._state["ready_us"] = current.clock.now_us + CONNECT_US

    def disconnect(self):
        """Leave the network."""
        self._state["ready_us"] = -1

    def isconnected(self):
        """True once connected, while the access point is there."""
        return self.status() == STAT_GOT_IP

    def status(self, what=None):
        """STAT_* of the connection, or `rssi` in dBm."""
        if what == "rssi":
            return -55
        ready_us = self._state["ready_us"]
        if ready_us < 0:
            return STAT_IDLE
        if current.world.wifi_down:
            return STAT_NO_AP_FOUND
        return STAT_GOT_IP if current.clock.now_us >= ready_us else STAT_CONNECTING

    def ifconfig(self, config=None):
        """(address, mask, gateway, DNS); the simulated pile talks through the host's own stack."""
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")

    def config(self, name=None, **values):
        """One parameter, or set some."""
        if name is None:
            self._state["config"].update(values)
            return None
        if name == "mac":
            return current.world.unique_id
        return self._state["config"].get(name)


def hostname(name=None):
    """Host name, or set it."""
    world = current.world
    if name is not None:
        world.hostname = name
    return world.hostname
