"""Ethernet: the ESP32's own MAC with a PHY on the board. Imported where the board has one."""

from micropython import const

# Modes of a pin on the port
_IN = const(1)
_OUT = const(3)
_NONE = "0.0.0.0"


class Lan:
    """`ethernet` has phy ("LAN8720"), address and clock ("gpio17_out"); `pins` eth_mdc, eth_mdio, eth_power."""

    name = "Ethernet"

    def __init__(self, ethernet, pins):
        import network

        self.started = False
        self._network = network
        self._broken = ""
        self._lan = None
        phy = ethernet["phy"]
        gpio, way = ethernet["clock"][4:].split("_")
        try:
            # Once only: the port does not survive a second time after a failure
            self._lan = network.LAN(
                mdc=pins["eth_mdc"],
                mdio=pins["eth_mdio"],
                power=pins.get("eth_power"),
                phy_addr=ethernet["address"],
                phy_type=getattr(network, "PHY_" + phy),
                ref_clk=int(gpio),
                ref_clk_mode=_IN if way == "in" else _OUT,
            )
        except AttributeError:
            self._broken = "Ethernet: this MicroPython has no driver for %s" % phy
        except (OSError, RuntimeError, ValueError) as error:
            self._broken = "Ethernet: no answer from the %s: %s" % (phy, error)

    @property
    def up(self):
        """True when IP traffic can flow."""
        # By the address: isconnected() looks at the cable alone in some versions
        return self.started and self._lan.ifconfig()[0] != _NONE

    @property
    def dns_server(self):
        """Address of the name server that DHCP told."""
        return self._lan.ifconfig()[3]

    @property
    def problem(self):
        """Why there is no traffic, "" when there is."""
        if self._broken or self.up:
            return self._broken
        linked = self._lan.isconnected() or self._lan.status() == self._network.ETH_CONNECTED
        return "Ethernet: no address by DHCP" if linked else "Ethernet: cable out"

    def start(self):
        """Switch it on, which holds the interpreter for 0.1 s; `problem` says when it refuses."""
        if self._lan is None:
            return
        try:
            self._lan.active(True)
            self.started = True
            self._broken = ""
        except (OSError, RuntimeError) as error:
            self._broken = "Ethernet did not start: %s" % error
