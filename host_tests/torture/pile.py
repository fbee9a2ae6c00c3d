"""A pile at its place, whose supply comes and goes, and everything it tried to write down."""

import json

from .process import Process

STATION = "CP0001"
# As in the bridge's example
SECRET = "4a4f273de6bc445d80689908f3ca62e9724c4dc8558b34a39c0b5223196ee64b"
# From power to the first line of the program
BOOT_S = 0.3
_DOUBT_US = 5_000_000


class Pile:
    """`on()`, `off()`; `station` while it runs. `attempts` is every record it tried to append."""

    def __init__(self, bench):
        self.place = place = bench.place
        self.flash, self.meter, self.vehicle = place.flash, place.meter, place.vehicle
        self.station = None
        self.process = None
        self.boots = 0
        self.started_s = []  # moments of its starts
        self.cuts = 0
        # (life, seq) -> list of Attempt
        self.attempts = {}
        self.life = ""
        self._bench = bench
        self._settings = {
            "station_id": STATION,
            "key": SECRET,
            "link_security": "password",
            "broker_port": 1883,
            "sample_interval_s": bench.random.choice(bench.SAMPLES_S),
            "meter_interval_s": 10,
            "state_interval_s": 20,
            "start_timeout_s": 30,
            "resume": bench.random.random() < 0.7,
        }
        with open("settings.json", "w") as file:
            json.dump(self._settings, file)

    @property
    def running(self):
        """True while it has power."""
        return self.process is not None and not self.process.dead

    def on(self):
        """Power comes."""
        if self.running:
            return
        self.boots += 1
        self.started_s.append(self._bench.now_s)
        self.process = process = Process("pile", self._died)
        self._bench.processes.append(process)
        process.spawn(self._run(process))

    def off(self):
        """Power goes."""
        if self.process is not None:
            self.process.kill()

    def start_here(self):
        """Somebody starts at the pile; True when it accepts."""
        station = self.station
        return station is not None and self.process.call(station.authorize_local, 1, "") == ""

    def stop_here(self):
        """Somebody stops at the pile."""
        if self.station is not None:
            self.process.call(self.station.stop_local)

    def rot(self, held, beside):
        """A bit of the flash falls over, but in no record that an open transaction needs or `held` lacks.

        `beside` such a record, in its page, or in another page than all of them.
        """
        written = [a.record for row in self.attempts.values() for a in row if a.done]
        ended = {record["tx"] for record in written if record["kind"] == "tx_stop"}

        def needed(seq, record):
            return (self.life, seq) not in held or record.get("tx", 0) not in {0, *ended}

        return self.flash.fall_over(self._bench.random, needed, beside)

    @property
    def transaction(self):
        """The firmware's running transaction, None without one."""
        return self.station.session.tx if self.station is not None else None

    def _died(self):
        self._bench.say("pile: power lost")
        self.cuts += 1
        self.station = None
        self.place.power_lost()
        self._bench.network.pile_lost_power()
        self._bench.pile_died()

    async def _run(self, process):
        await self._bench.wait(BOOT_S)
        self._bench.say("pile: start %d" % self.boots)
        from evse.app.station import Station

        self.station = built = Station(self.place.board())
        await built.run()


class Attempt:
    """A record as it was about to be written, and what the meter really showed then."""

    def __init__(self, record, meter, now_us, utc):
        self.record = record
        self.utc = utc  # in truth
        # Three readings must agree before a step back is believed: until then the old register stands
        self.doubtful = now_us - meter.replaced_us < _DOUBT_US
        self.true_wh = meter.reading_wh()
        self.flowed = meter.flowed_pw_us
        self.era = meter.replacements
        self.done = False


def witnessed(bench):
    """Rows for fixed.replaced(): what the bench sees of the firmware, and what runs in place of its parts."""
    # Not before MicroPython's names are in `time`
    from evse.app import journal, station
    from evse.app.console import Console

    record = journal.Journal.record

    class TellingConsole(Console):
        """Lines of the pile go into the run's log."""

        def say(self, text, *values):
            bench.say("pile: " + (text % values if values else text))

        def remark(self, line):
            bench.say("pile: " + line)

        def drain(self):
            pass

    def append(self, kind, connector, wh, **payload):
        pile = bench.pile
        entry = {"kind": kind, "c": connector, "wh": wh, **payload}
        attempt = Attempt(entry, pile.meter, bench.clock.now_us, bench.true_s())
        name = (self.life, self.next_seq)
        pile.life = self.life
        pile.attempts.setdefault(name, []).append(attempt)
        number = record(self, kind, connector, wh, **payload)
        if number:
            attempt.done = True
            bench.say("pile: record %d %s %s" % (number, kind, "" if wh is None else wh))
        else:
            pile.attempts[name].remove(attempt)
        return number

    return (
        (journal.Journal, "record", append),
        (station, "Console", TellingConsole),
        *bench.place.rows(),
    )
