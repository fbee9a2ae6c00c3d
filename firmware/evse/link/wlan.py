"""Wi-Fi station: asks for the connection and looks; never waits for the radio."""

import asyncio

_LOOK_MS = 500
# An attempt gets this long before it is asked for again; a running one is never disturbed
_ATTEMPT_LOOKS = 60


class Wlan:
    """One network. Without a name there is none to join and the link is taken as up."""

    def __init__(self, ssid, password):
        self._ssid = ssid
        self._password = password
        self.problem = ""  # why there is no radio; a pile without one still charges
        self._wlan = None
        self._looks = 0
        if ssid:
            # Starting the radio holds the interpreter: done once, before anything may close
            import network

            try:
                self._wlan = network.WLAN(network.STA_IF)
                self._wlan.active(True)
            except OSError as error:
                self._wlan = None
                self.problem = "the Wi-Fi radio did not start: %s" % error

    @property
    def up(self):
        """True when IP traffic can flow."""
        if not self._ssid:
            return True
        return self._wlan is not None and self._wlan.isconnected()

    async def wait_up(self):
        """Return once the network is up."""
        while not self.up:
            if self._wlan is not None and self._looks % _ATTEMPT_LOOKS == 0:
                self._join()
            self._looks += 1
            await asyncio.sleep_ms(_LOOK_MS)

    def _join(self):
        try:
            self._wlan.connect(self._ssid, self._password)
        except OSError:
            # An attempt that hangs is given up, the next round begins a new one
            self._wlan.disconnect()
