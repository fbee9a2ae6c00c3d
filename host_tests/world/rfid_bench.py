"""A card reader of each kind on the simulated chip; every call is held against the time it may take."""

import contextlib

from pilesim import host
from pilesim.pn532 import Pn532
from pilesim.rc522 import Rc522
from pilesim.rng import Random
from pilesim.world import World

KINDS = ("rc522", "pn532_uart", "pn532_i2c")
MOST_CALL_US = 3000
SCK, MOSI, MISO, CS, RESET = 18, 23, 19, 5, 4
SDA, SCL = 21, 22
TX, RX = 25, 26
ERROR = "error"


class Bench:
    """A world, the model of a reader and its driver."""

    def __init__(self, kind, seed=1, ticks_offset_us=0):
        self.kind = kind
        self.world = World(seed, ticks_offset_us)
        host.install(self.world)
        self.clock = self.world.clock
        model = Rc522 if kind == "rc522" else Pn532
        self.model = model(self.clock, Random(seed + 40))
        self.longest_us = 0
        self.boot()

    def boot(self):
        """Wire the chip as it is now and build the driver."""
        from evse.drivers.rfid_pn532 import RfidPn532I2c, RfidPn532Uart
        from evse.drivers.rfid_rc522 import RfidRc522

        chip = self.world.chip
        if self.kind == "rc522":
            self.model.attach(chip.spi(2), chip.pad(CS), chip.pad(RESET))
            self.reader = RfidRc522(2, SCK, MOSI, MISO, CS, RESET)
        elif self.kind == "pn532_uart":
            self.model.attach_uart(chip.uart(1))
            self.reader = RfidPn532Uart(1, TX, RX)
        else:
            self.model.attach_i2c(chip.soft_i2c(SCL))
            self.reader = RfidPn532I2c(SDA, SCL)

    def read(self):
        """One call: a UID, None, or ERROR for OSError."""
        start_us = self.clock.now_us
        try:
            seen = self.reader.read()
        except OSError:
            seen = ERROR
        took_us = self.clock.now_us - start_us
        self.longest_us = max(self.longest_us, took_us)
        assert took_us < MOST_CALL_US, (took_us, self.reader.problem)
        return seen

    def run(self, ms, every_ms=100):
        """What the calls of so long gave."""
        seen = []
        end_us = self.clock.now_us + ms * 1000
        while self.clock.now_us < end_us:
            next_us = self.clock.now_us + every_ms * 1000
            seen.append(self.read())
            self.clock.advance_to(next_us)
        return seen

    def until(self, wanted, within_ms, every_ms=100):
        """Milliseconds until a call gives `wanted`."""
        for passed_ms in range(0, within_ms, every_ms):
            if self.run(every_ms, every_ms)[0] == wanted:
                return passed_ms
        raise AssertionError("no %r within %d ms: %s" % (wanted, within_ms, self.reader.problem))


@contextlib.contextmanager
def bench(kind, seed=1, ticks_offset_us=0):
    """A Bench, taken down again at the end."""
    try:
        yield Bench(kind, seed, ticks_offset_us)
    finally:
        host.uninstall()
