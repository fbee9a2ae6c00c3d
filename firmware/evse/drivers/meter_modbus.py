"""Modbus RTU meter of core.modbus_meters on an RS-485 pair.

An answer does not say what it answers. So a question that nobody answered keeps the next one, if it is
another, waiting until its answer can no longer come.
"""

from time import ticks_diff, ticks_ms

from micropython import const

from ..core import modbus, modbus_meters
from ..core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES

# The longest answer and an echo before it, with room for noise
_BUFFER_MOST = const(64)
# No meter answers later than this
_LATE_MS = const(2000)
# So many bytes that are no frame were an answer once
_SPOILT_BYTES = const(5)


class MeterModbus:
    """Ask with `request`, then call `poll` until it yields a value; nothing here waits.

    `model` is a row of modbus_meters.MODELS; `phases` as wired.
    """

    tells = (ENERGY, VOLTAGES, CURRENTS, POWER, FREQUENCY)

    def __init__(self, port, model, address, phases):
        if phases > model[modbus_meters.PHASES]:
            raise ValueError("meter has %d phase" % model[modbus_meters.PHASES])
        self.wrap_wh = model[modbus_meters.WRAP_WH]
        self.resolution_wh = model[modbus_meters.RESOLUTION_WH]
        self.frame = b""  # the last good answer with the register
        self.bad_frames = 0
        self.last_error = ""
        self._port = port
        self._model = model
        self._address = address
        self._phases = phases
        self._quantity = ENERGY
        self._sent = ENERGY  # the quantity last asked for on the pair
        self._sent_ms = 0
        self._held = False
        self._open = 0  # questions whose answer may still come
        self._request = b""
        self._buffer = b""
        self._spoilt = 0  # bytes since then that are in no frame
        self._foreign = False  # another master has asked this meter

    def number(self):
        """These meters tell none."""
        return ""

    def request(self, quantity):
        """Ask for a quantity of core.readings; whatever arrived before is dropped."""
        if self._open and self._spoilt + len(self._port.read()) >= _SPOILT_BYTES:
            self._open -= 1
        self._quantity = quantity
        self._held = self._open > 0 and quantity != self._sent
        if not self._held:
            self._send()

    def poll(self):
        """Value of the answer in the quantity's unit, or None while there is none.

        Frames that are no answer to this request (echo, another meter, exception, nonsense) are counted,
        their reason kept in `last_error`, and the wait goes on.
        """
        data = self._port.read()
        if self._held:
            if ticks_diff(ticks_ms(), self._sent_ms) >= _LATE_MS:
                self._open = 0
                self._send()
            return None
        if data:
            self._spoilt += len(data)
            self._buffer = (self._buffer + data)[-_BUFFER_MOST:]
        while True:
            frame, self._buffer = modbus.find_frame(self._buffer)
            if frame is None:
                return None
            self._spoilt -= len(frame)
            try:
                return self._take(frame)
            except modbus.FrameError as error:
                self.bad_frames += 1
                self.last_error = str(error)

    def _send(self):
        model = self._model
        quantity = self._quantity
        self._port.read()
        self._buffer = b""
        self._spoilt = 0
        self._foreign = False
        self._sent = quantity
        self._sent_ms = ticks_ms()
        self._open += 1
        self._request = modbus.encode_read(
            self._address,
            model[modbus_meters.FUNCTION],
            model[modbus_meters.REGISTERS][quantity][0],
            self._size() // 2,
        )
        self._port.write(self._request)

    def _size(self):
        """Data bytes of the answer."""
        return 4 * self._phases if self._quantity in (VOLTAGES, CURRENTS) else 4

    def _take(self, frame):
        model = self._model
        if frame[0] == self._address:
            if len(frame) == modbus.REQUEST_BYTES:
                if frame != self._request:
                    self._foreign = True
                    raise modbus.FrameError("another master asks")
            elif self._foreign:
                self._foreign = False
                raise modbus.FrameError("answer to another master")
            elif self._open:
                self._open -= 1
        data = modbus.decode_read(
            frame, self._address, model[modbus_meters.FUNCTION], self._size()
        )
        value = modbus_meters.decode(model[modbus_meters.REGISTERS], self._quantity, data)
        if self._quantity == ENERGY:
            self.frame = frame
            self.resolution_wh = max(
                model[modbus_meters.RESOLUTION_WH], modbus_meters.step_wh(data)
            )
        return value
