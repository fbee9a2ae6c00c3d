"""Wi-Fi around the pile: access points that come and go, and the chip's radio as the ESP32 port shows it.

Without access points of a test's own there is one that takes any name and password after half a second.
"""

FAULTS = ("wifi_down", "wifi_wrong_password", "wifi_no_dhcp", "wifi_flapping", "radio_dead")

STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204
# IEEE 802.11 reason of a disconnect of our own
_LEFT = 8
# The port shows these until the next success, even while it tries something else
_STICKY = (STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD)

# The interpreter is held for so long
START_US = 150_000
JOIN_US = 500_000
# All channels once
SEARCH_US = 2_500_000
REFUSE_US = 4_000_000
# While flapping, there and away for 2 to 30 s each
FLAP_LEAST_US = 2_000_000
FLAP_MOST_US = 30_000_000

_OFF = 0
_IDLE = 1
_JOINING = 2
_NO_ADDRESS = 3
_UP = 4


class AccessPoint:
    """One network; `refusal` is the status that every attempt ends with, 0 for none."""

    def __init__(self, ssid, password="", rssi=-55):
        self.ssid = ssid
        self.password = password
        self.rssi = rssi
        self.present = True
        self.dhcp = True
        self.dhcp_us = 0
        self.refusal = 0


class Wifi:
    """The air; `connects` counts calls of connect(), `refused_calls` those that came in the middle of one."""

    def __init__(self, clock, random):
        self.clock = clock
        self.access_points = []
        self.faults = set()
        self.connects = 0
        self.refused_calls = 0
        self.starts = 0
        # The station of the chip that runs
        self.radio = None
        self._random = random
        self._any = AccessPoint("")
        self._away = False
        self._flap = clock.event(self._flapped)

    def find(self, ssid):
        """The strongest access point of that name which can be heard, or None."""
        if self._away or "wifi_down" in self.faults:
            return None
        best = None
        for point in self.access_points:
            if point.ssid == ssid and point.present and (best is None or point.rssi > best.rssi):
                best = point
        return best if self.access_points else self._any

    def accepts(self, point, key):
        """True when the password is right."""
        if "wifi_wrong_password" in self.faults:
            return False
        return point is self._any or point.password == (key or "")

    def gives_address(self, point):
        """True while DHCP answers there."""
        return point.dhcp and "wifi_no_dhcp" not in self.faults

    def set_fault(self, name, on):
        """Switch one of FAULTS."""
        if on:
            self.faults.add(name)
        else:
            self.faults.discard(name)
        if name == "wifi_flapping":
            self._away = False
            self._flap.cancel()
            if on:
                self._flap.at(self.clock.now_us + FLAP_LEAST_US)
        self.changed()

    def changed(self):
        """Call it after an access point was changed."""
        if self.radio is not None:
            self.radio.air_changed()

    def _flapped(self, now_us):
        self._away = not self._away
        self._flap.at(now_us + self._random.between(FLAP_LEAST_US, FLAP_MOST_US))
        self.changed()


class Radio:
    """The station interface of one chip, in the states and with the error texts of the port."""

    def __init__(self, chip, wifi):
        if "radio_dead" in wifi.faults:
            raise RuntimeError("Wifi Unknown Error 0x0101")
        self._wifi = wifi
        wifi.radio = self
        self._state = _OFF
        self._ssid = self._key = None
        self._point = None
        self._requested = False
        self._reason = 0
        # As config(reconnects=) sets it: attempts the port makes by itself, -1 for ever
        self.reconnects = -1
        self._tries = 0
        self._next = chip.event(self._step)

    @property
    def active(self):
        """True while it is on."""
        return self._state != _OFF

    def start(self, on):
        """Switch it."""
        self._leave()
        if not on:
            self._state = _OFF
        elif self._state == _OFF:
            if "radio_dead" in self._wifi.faults:
                raise RuntimeError("Wifi Unknown Error 0x0101")
            self._wifi.starts += 1
            self._wifi.clock.advance(START_US)
            self._state = _IDLE

    def connect(self, ssid, key):
        """Begin to join a network."""
        self._wifi.connects += 1
        if self._state == _OFF:
            raise OSError("Wifi Not Started")
        if self._state in (_JOINING, _NO_ADDRESS):
            self._wifi.refused_calls += 1
            raise OSError("Wifi Internal State Error")
        self._ssid, self._key = ssid, key
        self._requested = True
        self._tries = 0
        self._begin()

    def disconnect(self):
        """Leave, or give an attempt up."""
        if self._state == _OFF:
            raise OSError("Wifi Not Started")
        self._leave()

    def _leave(self):
        self._requested = False
        self._next.cancel()
        if self._state > _IDLE:
            self._state = _IDLE
            self._reason = _LEFT

    def status(self):
        """STAT_* as the port has it."""
        if self._state == _UP:
            return STAT_GOT_IP
        if self._reason in _STICKY:
            return self._reason
        if self._reason == _LEFT:
            return STAT_IDLE
        if self._requested and (self.reconnects < 0 or self._tries <= self.reconnects):
            return STAT_CONNECTING
        return self._reason or STAT_IDLE

    def rssi(self):
        """Signal of the access point in dBm."""
        if self._state < _NO_ADDRESS:
            raise OSError("Wifi Not Connected")
        return self._point.rssi

    def air_changed(self):
        """The air is another: hold on, or fall off."""
        if self._state >= _NO_ADDRESS and self._wifi.find(self._ssid) is not self._point:
            self._fail(STAT_BEACON_TIMEOUT)
        elif self._state == _NO_ADDRESS:
            self._ask_address()

    def _begin(self):
        self._state = _JOINING
        point = self._point = self._wifi.find(self._ssid)
        if point is None:
            delay_us = SEARCH_US
        elif point.refusal or not self._wifi.accepts(point, self._key):
            delay_us = REFUSE_US
        else:
            delay_us = JOIN_US
        self._next.at(self._wifi.clock.now_us + delay_us)

    def _step(self, now_us):
        point = self._point
        if self._state == _NO_ADDRESS:
            self._state = _UP
            self._reason = 0
        elif point is None or self._wifi.find(self._ssid) is not point:
            self._fail(STAT_NO_AP_FOUND)
        elif point.refusal or not self._wifi.accepts(point, self._key):
            self._fail(point.refusal or STAT_WRONG_PASSWORD)
        else:
            self._state = _NO_ADDRESS
            self._ask_address()

    def _ask_address(self):
        if not self._wifi.gives_address(self._point):
            self._next.cancel()
        elif not self._point.dhcp_us:
            self._next.cancel()
            self._step(self._wifi.clock.now_us)
        elif self._next.at_us < 0:
            self._next.at(self._wifi.clock.now_us + self._point.dhcp_us)

    def _fail(self, reason):
        self._state = _IDLE
        self._reason = reason
        self._next.cancel()
        self._tries += 1
        if self._requested and (self.reconnects < 0 or self._tries <= self.reconnects):
            self._begin()
