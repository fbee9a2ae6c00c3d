"""The simulated meters on the pair, asked and read with the firmware's codecs, on both interpreters."""

from evse.core import dlt645, modbus, modbus_meters, readings
from pilesim import meter_modbus
from pilesim.clock import Clock
from pilesim.load import Load
from pilesim.mains import Mains
from pilesim.meter_dlt645 import MeterDlt645
from pilesim.rng import Random
from pilesim.rs485 import Bus


class Line:
    """A pair with one meter, and us as the other end."""

    behind_transceiver = False

    def __init__(self, phases):
        self.clock = Clock()
        self.mains = Mains(self.clock, 1)
        self.mains.wander_mv = 0
        self.load = Load(self.clock, self.mains)
        self.mains.phases = self.load.phases = phases
        self.load.ramp(16000, 0)
        self.bus = Bus(self.clock, Random(1))
        self.bus.attach(self)
        self.heard = []

    def parts(self):
        return self.clock, self.bus, self.load, self.mains, Random(2)

    def hear(self, transmission):
        self.heard.append(transmission)

    def ask(self, meter, request):
        """Bytes of the answer."""
        self.heard = []
        self.bus.transmit(self, request, meter.framing, self.clock.now_us)
        self.clock.advance(600000)
        return b"".join(bytes(transmission.data) for transmission in self.heard)


def expected(phases, wh):
    return (wh, (220000,) * phases, (16000,) * phases, 3520 * phases, 5000)


def test_modbus_models_answer_what_the_tables_ask():
    for name in sorted(modbus_meters.MODELS):
        row = modbus_meters.MODELS[name]
        phases = row[modbus_meters.PHASES]
        line = Line(phases)
        meter = meter_modbus.MeterModbus(*line.parts(), name)
        wanted = expected(phases, meter.register_units() * meter.unit_wh)
        for quantity in range(5):
            register = row[modbus_meters.REGISTERS][quantity][0]
            many = quantity in (readings.VOLTAGES, readings.CURRENTS)
            count = 2 * phases if many else 2
            function = row[modbus_meters.FUNCTION]
            answer = line.ask(meter, modbus.encode_read(1, function, register, count))
            frame, rest = modbus.find_frame(answer)
            assert rest == b"", (name, quantity)
            data = modbus.decode_read(frame, 1, function, 2 * count)
            value = modbus_meters.decode(row[modbus_meters.REGISTERS], quantity, data)
            assert value == wanted[quantity], (name, quantity, value)


def test_modbus_models_refuse_as_the_standard_says():
    line = Line(1)
    meter = meter_modbus.MeterModbus(*line.parts(), "sdm120")
    for request, text in (
        (modbus.encode_read(1, 3, 0, 2), "1: illegal function"),
        (modbus.encode_read(1, 4, 2, 2), "2: illegal address"),
        (modbus.encode_read(1, 4, 0, 3), "2: illegal address"),
        (modbus.encode_read(1, 4, 0, 90), "3: illegal value"),
    ):
        frame, _rest = modbus.find_frame(line.ask(meter, request))
        try:
            modbus.decode_read(frame, 1, request[1], 4)
            raise AssertionError(text)
        except modbus.FrameError as error:
            assert str(error) == "exception " + text
    assert line.ask(meter, modbus.encode_read(2, 4, 0, 2)) == b""
    spoilt = bytearray(modbus.encode_read(1, 4, 0, 2))
    spoilt[3] ^= 1
    assert line.ask(meter, spoilt) == b""


def test_dlt645_model_in_three_phases():
    line = Line(3)
    meter = MeterDlt645(*line.parts())
    address = "210012345678"
    for identifier, value in (
        (dlt645.ENERGY_IMPORT, 123456),
        (dlt645.VOLTAGE_A | dlt645.BLOCK, (2200, 2200, 2200)),
        (dlt645.CURRENT_A | dlt645.BLOCK, (16000, 16000, 16000)),
        (dlt645.CURRENT_A + 0x200, 16000),
        (dlt645.POWER, 105600),
        (dlt645.FREQUENCY, 5000),
    ):
        answer = line.ask(meter, dlt645.encode_read(address, identifier))
        frame, _rest = dlt645.find_frame(answer)
        assert dlt645.decode_read(frame, address, identifier) == value, hex(identifier)
    answer = line.ask(meter, dlt645.encode(dlt645.WILDCARD, dlt645.READ_ADDRESS))
    assert dlt645.decode_address(dlt645.find_frame(answer)[0]) == address


def test_counters_begin_anew():
    for name in sorted(meter_modbus.MODELS):
        line = Line(1)
        meter = meter_modbus.MeterModbus(*line.parts(), name)
        meter.base_units = meter.range_units - 1
        assert meter.register_units() == meter.range_units - 1
        line.clock.advance(60000000)
        assert 0 <= meter.register_units() < 60
