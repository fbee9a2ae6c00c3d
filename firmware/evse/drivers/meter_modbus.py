"""Modbus RTU meter of core.modbus_meters on an RS-485 pair.

An answer does not say what it answers: so each question waits for as long as its answer may come, and
only then comes the next.
"""

from micropython import const

from ..core import modbus, modbus_meters
from ..core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES

# The longest answer and an echo before it, with room for noise
_BUFFER_MOST = const(64)
# No meter answers later than this; one whose answer was spoilt has answered
_LATE_MS = const(1500)
_SPOILT_MS = const(700)
_LEAST_BYTES = const(5)


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
        self.answer_ms = _LATE_MS  # how long the answer may take
        self.frame = b""  # the last good answer with the register
        self.bad_frames = 0
        self.last_error = ""
        self._port = port
        self._model = model
        self._address = address
        self._phases = phases
        self._quantity = ENERGY
        self._request = b""
        self._buffer = b""
        self._spoilt = 0  # bytes since the request that are in no frame
        self._foreign = False  # another master has asked this meter

    def number(self):
        """These meters tell none."""
        return ""

    def request(self, quantity):
        """Ask for a quantity of core.readings; whatever arrived before is dropped."""
        if self._spoilt >= _LEAST_BYTES:
            self._refuse("checksum")
        self._port.read()
        self._buffer = b""
        self._spoilt = 0
        self._foreign = False
        self._quantity = quantity
        self.answer_ms = _LATE_MS
        model = self._model
        self._request = modbus.encode_read(
            self._address,
            model[modbus_meters.FUNCTION],
            model[modbus_meters.REGISTERS][quantity][0],
            self._size() // 2,
        )
        self._port.write(self._request)

    def poll(self):
        """Value of the answer in the quantity's unit, or None while there is none.

        Frames that are no answer to this request (echo, another meter, exception, nonsense) are counted,
        their reason kept in `last_error`, and the wait goes on.
        """
        data = self._port.read()
        if data:
            self._spoilt += len(data)
            self._buffer = (self._buffer + data)[-_BUFFER_MOST:]
        elif self._spoilt >= _LEAST_BYTES:
            self.answer_ms = _SPOILT_MS
        while True:
            frame, self._buffer = modbus.find_frame(self._buffer)
            if frame is None:
                return None
            self._spoilt -= len(frame)
            try:
                value = self._take(frame)
                self._spoilt = 0
                return value
            except modbus.FrameError as error:
                self._refuse(str(error))

    def _refuse(self, reason):
        self.bad_frames += 1
        self.last_error = reason

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
            else:
                self.answer_ms = _SPOILT_MS
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
