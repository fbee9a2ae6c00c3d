"""Ethernet: the cable, the network behind it, and the chip's interface with its PHY as the ESP32 port shows it."""

FAULTS = ("lan_cable_out", "lan_no_dhcp", "lan_phy_dead")

ETH_INITIALIZED = 0
ETH_STARTED = 1
ETH_STOPPED = 2
ETH_CONNECTED = 3
ETH_DISCONNECTED = 4
ETH_GOT_IP = 5

# The interpreter is held for so long: power of the PHY settles, registers are read
INSTALL_US = 100_000
START_US = 20_000
# Autonegotiation, then DHCP
LINK_US = 2_000_000
DHCP_US = 500_000

NO_ADDRESS = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")


class Ethernet:
    """The outside; `installs` counts attempts to find the PHY."""

    def __init__(self, clock):
        self.clock = clock
        self.faults = set()
        self.installs = 0
        # The interface of the chip that runs
        self.port = None

    def set_fault(self, name, on):
        """Switch one of FAULTS."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        if self.port is not None:
            self.port.changed()


class Port:
    """MAC and PHY of one chip."""

    def __init__(self, chip, ethernet):
        ethernet.installs += 1
        ethernet.clock.advance(INSTALL_US)
        if "lan_phy_dead" in ethernet.faults:
            raise OSError("esp_eth_driver_install failed")
        self._ethernet = ethernet
        ethernet.port = self
        self.active = False
        self.status = ETH_INITIALIZED
        self._next = chip.event(self._step)

    @property
    def linked(self):
        """True while the other end of the cable answers; an address is another matter."""
        return self.status in (ETH_CONNECTED, ETH_GOT_IP)

    def start(self, on):
        """Switch it."""
        if on and "lan_phy_dead" in self._ethernet.faults:
            raise OSError("ethernet enable failed")
        if on != self.active:
            self._ethernet.clock.advance(START_US)
            self.active = on
            self.status = ETH_STARTED if on else ETH_STOPPED
        self.changed()

    def changed(self):
        """Follow the cable and the DHCP server."""
        faults = self._ethernet.faults
        if not self.active or "lan_cable_out" in faults or "lan_phy_dead" in faults:
            self._next.cancel()
            if self.linked:
                self.status = ETH_DISCONNECTED
        elif self._next.at_us < 0 and self.status != ETH_GOT_IP:
            self._next.at(
                self._ethernet.clock.now_us
                + (DHCP_US if self.status == ETH_CONNECTED else LINK_US)
            )

    def _step(self, now_us):
        if self.status != ETH_CONNECTED:
            self.status = ETH_CONNECTED
            self._next.at(now_us + DHCP_US)
        elif "lan_no_dhcp" not in self._ethernet.faults:
            self.status = ETH_GOT_IP
