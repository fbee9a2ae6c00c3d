"""DL/T 645-2007 meter on an RS-485 pair."""

from micropython import const

from ..core import dlt645
from ..core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES

_BUFFER_MOST = const(256)
# Unanswered so often, a meter whose address was found is looked for anew: it may be another one
_SILENT = const(3)
_ANSWER_MS = const(700)
# So many bytes that make no frame were one
_LEAST_BYTES = const(12)
# By quantity; the first phase stands for all
_IDENTIFIERS = (
    dlt645.ENERGY_IMPORT,
    dlt645.VOLTAGE_A,
    dlt645.CURRENT_A,
    dlt645.POWER,
    dlt645.FREQUENCY,
)


class MeterDlt645:
    """Ask with `request`, then call `poll` until it yields a value; nothing here waits.

    With the wildcard as address the meter is asked for its own, which only a single meter on the pair can answer.
    """

    tells = (ENERGY, VOLTAGES, CURRENTS, POWER, FREQUENCY)
    wrap_wh = 1000000000
    resolution_wh = 10

    def __init__(self, port, address=dlt645.WILDCARD, phases=1):
        self.frame = b""  # the last good answer with the register
        self.bad_frames = 0
        self.last_error = ""
        # How long the answer may take; grows with every further question
        self.answer_ms = _ANSWER_MS
        self._port = port
        self._address = address
        self._is_fixed = address != dlt645.WILDCARD
        self._phases = phases
        self._blocks = phases > 1
        self._quantity = ENERGY
        self._identifier = 0  # asked for; 0 the address
        self._due = False  # the next of several questions is to be sent
        self._values = []  # phases that have been told
        self._buffer = b""
        self._spoilt = 0  # bytes since the request that are in no frame
        self._unanswered = 0

    def number(self):
        """The number that the meter itself gave with its last register, "" before."""
        return dlt645.frame_address(self.frame) if self.frame else ""

    def request(self, quantity):
        """Ask for a quantity of core.readings; whatever arrived before is dropped."""
        if self._spoilt >= _LEAST_BYTES:
            self._refuse("checksum")
        self._port.read()
        self._quantity = quantity
        self._values = []
        self.answer_ms = _ANSWER_MS
        self._unanswered += 1
        if not self._is_fixed and self._unanswered > _SILENT:
            self._address = dlt645.WILDCARD
        # Not every meter tells its address: every other try asks whoever is there for the value
        if self._address == dlt645.WILDCARD and self._unanswered & 1:
            self._send(0, dlt645.encode(dlt645.WILDCARD, dlt645.READ_ADDRESS))
        else:
            self._ask()

    def poll(self):
        """Value of the answer in the quantity's unit, or None while there is none.

        Frames that are no answer to this request (echo, another meter, another quantity, error)
        are counted, their reason kept in `last_error`, and the wait goes on.
        """
        data = self._port.read()
        if self._due:
            # A moment after the last answer, as the pair wants
            self._ask()
            return None
        if data:
            self._spoilt += len(data)
            self._buffer = (self._buffer + data)[-_BUFFER_MOST:]
        while True:
            frame, self._buffer = dlt645.find_frame(self._buffer)
            if frame is None:
                return None
            self._spoilt -= len(frame)
            try:
                value = self._take(frame)
            except dlt645.FrameError as error:
                self._refuse(str(error))
                if self._identifier and isinstance(error, dlt645.NoDataError):
                    self._unanswered = 0
                    self._do_without()
                continue
            self._spoilt = 0
            if value is not None:
                return value

    def _refuse(self, reason):
        self.bad_frames += 1
        self.last_error = reason

    def _ask(self):
        identifier = _IDENTIFIERS[self._quantity]
        if self._quantity in (VOLTAGES, CURRENTS):
            if self._blocks:
                identifier |= dlt645.BLOCK
            else:
                identifier += len(self._values) << 8
        self._send(identifier, dlt645.encode_read(self._address, identifier))

    def _send(self, identifier, frame):
        self._due = False
        self._buffer = b""
        self._spoilt = 0
        self._identifier = identifier
        self._port.write(frame)

    def _do_without(self):
        """The meter does not know what it was asked for."""
        if self._quantity == FREQUENCY:
            self.tells = self.tells[:FREQUENCY]
        elif self._blocks and self._quantity in (VOLTAGES, CURRENTS):
            self._blocks = False
            self._go_on()

    def _go_on(self):
        self._due = True
        self.answer_ms += _ANSWER_MS

    def _take(self, frame):
        """The value once it is whole, else None and the next question is due."""
        if not self._identifier:
            self._address = dlt645.decode_address(frame)
            self._go_on()
            return None
        value = dlt645.decode_read(frame, self._address, self._identifier)
        if self._address == dlt645.WILDCARD:
            self._address = dlt645.frame_address(frame)
        self._unanswered = 0
        quantity = self._quantity
        if quantity == ENERGY:
            self.frame = frame
            return value * 10
        if quantity == POWER:
            return (value + 5) // 10
        if quantity == FREQUENCY:
            return value
        scale = 100 if quantity == VOLTAGES else 1
        if self._blocks:
            return tuple(abs(one) * scale for one in value)
        self._values.append(abs(value) * scale)
        if len(self._values) < self._phases:
            self._go_on()
            return None
        return tuple(self._values)
