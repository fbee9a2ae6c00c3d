"""Stand-in for the ESP32 port's `network`: the Wi-Fi station and the Ethernet interface of the current chip."""

from pilesim import current, ethernet, wifi
from pilesim.ethernet import (  # noqa: F401 - names of the port
    ETH_CONNECTED,
    ETH_DISCONNECTED,
    ETH_GOT_IP,
    ETH_INITIALIZED,
    ETH_STARTED,
    ETH_STOPPED,
)
from pilesim.wifi import (  # noqa: F401 - names of the port
    STAT_ASSOC_FAIL,
    STAT_BEACON_TIMEOUT,
    STAT_CONNECTING,
    STAT_GOT_IP,
    STAT_HANDSHAKE_TIMEOUT,
    STAT_IDLE,
    STAT_NO_AP_FOUND,
    STAT_WRONG_PASSWORD,
)

STA_IF = 0
AP_IF = 1
PHY_LAN8710 = 0
PHY_LAN8720 = 1
PHY_IP101 = 2
PHY_RTL8201 = 3
PHY_DP83848 = 4
PHY_KSZ8041 = 5
PHY_KSZ8081 = 6
_CLOCK_IN = 1
_CLOCK_OUT = 3

# The simulated pile talks through the host's own stack
_ADDRESSES = ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")


class WLAN:
    """Wi-Fi station. Every object of it shares its state, as on the port."""

    IF_STA = STA_IF
    IF_AP = AP_IF

    def __init__(self, interface=STA_IF):
        world = current.world
        if interface != STA_IF:
            raise ValueError("invalid WLAN interface identifier")
        if STA_IF not in world.chip.wlan:
            world.chip.wlan[STA_IF] = wifi.Radio(world.chip, world.wifi)
        self._radio = world.chip.wlan[STA_IF]

    def active(self, on=None):
        """Whether the interface is on, or switch it."""
        if on is not None:
            self._radio.start(bool(on))
        return self._radio.active

    def connect(self, ssid=None, key=None, bssid=None):
        """Begin to connect."""
        self._radio.connect(ssid, key)

    def disconnect(self):
        """Leave the network."""
        self._radio.disconnect()

    def isconnected(self):
        """True while there is a connection with an address."""
        return self._radio.status() == STAT_GOT_IP

    def status(self, what=None):
        """STAT_* of the connection, or `rssi` in dBm."""
        return self._radio.rssi() if what == "rssi" else self._radio.status()

    def ifconfig(self, config=None):
        """(address, mask, gateway, DNS)."""
        return _ADDRESSES if self.isconnected() else ethernet.NO_ADDRESS

    def config(self, name=None, **values):
        """One parameter, or set some."""
        if name == "mac":
            return current.world.unique_id
        for key, value in values.items():
            if key != "reconnects":
                raise ValueError("unknown config param")
            self._radio.reconnects = value
        return None


class LAN:
    """Ethernet. The first object finds the PHY, all others are the same."""

    def __init__(
        self,
        id=None,
        *,
        mdc=None,
        mdio=None,
        power=None,
        phy_addr,
        phy_type,
        ref_clk_mode=-1,
        ref_clk=None,
    ):
        world = current.world
        if "lan" not in world.chip.wlan:
            wanted = (mdc, mdio, power, phy_addr, phy_type, ref_clk_mode, ref_clk)
            if wanted != _wiring(world.board):
                # Nobody answers on these pins
                world.clock.advance(ethernet.INSTALL_US)
                raise OSError("esp_eth_driver_install failed")
            world.chip.wlan["lan"] = ethernet.Port(world.chip, world.ethernet)
        self._port = world.chip.wlan["lan"]

    def active(self, on=None):
        """Whether the interface is on, or switch it."""
        if on is not None:
            self._port.start(bool(on))
        return self._port.active

    def isconnected(self):
        """True while the cable has a link."""
        return self._port.linked

    def status(self):
        """ETH_* of the interface."""
        return self._port.status

    def ifconfig(self, config=None):
        """(address, mask, gateway, DNS)."""
        return _ADDRESSES if self._port.status == ETH_GOT_IP else ethernet.NO_ADDRESS


def _wiring(board):
    # Arguments that fit the board, None when it has no Ethernet
    wiring = getattr(board, "ETHERNET", None)
    if not wiring:
        return None
    pins = board.PINS
    gpio, way = wiring["clock"][4:].split("_")
    return (
        pins["eth_mdc"],
        pins["eth_mdio"],
        pins.get("eth_power"),
        wiring["address"],
        globals()["PHY_" + wiring["phy"]],
        _CLOCK_IN if way == "in" else _CLOCK_OUT,
        int(gpio),
    )


def hostname(name=None):
    """Host name, or set it."""
    world = current.world
    if name is not None:
        world.hostname = name
    return world.hostname
