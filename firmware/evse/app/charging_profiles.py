"""Charging profiles in force: takes the commands, and keeps every connector's limit as the schedules say.

Once there is an operator it is in RAM: a profile may come while a charge runs, when nothing may be loaded.
"""

from ..core import limits, schedule

MOST = 8
# Clocks are corrected: whatever a schedule says, it is asked again after this time
_LOOK_S = 5


class ChargingProfiles:
    """`whole_a10` is the bound of all connectors together."""

    def __init__(self, station, held):
        self._held = held
        self.whole_a10 = limits.UNLIMITED_A10
        self._station = station
        self._running = {}  # connector: (transaction, its ref, when it began, whether in UTC)
        self._due_s = 0

    def install(self, args):
        """Hold one more profile; "" or the reason of the refusal. ProtocolError names what does not fit."""
        held, number = self._held, args["connector"]
        self.step()
        if number and number not in self._station.connectors:
            return "no_connector"
        if args["purpose"] == "tx" and "ref" not in args:
            ref = self._running.get(number, (0, None))[1]
            if ref is None and number:
                return "no_transaction"
            args["ref"] = ref or ""
        new = schedule.profile(args)
        if args["revision"] == held.revision and new in held.profiles:
            return ""
        if args["revision"] != held.revision + 1:
            return "out_of_step"
        profiles = schedule.install(held.profiles, new)
        if len(profiles) > MOST:
            return "full"
        self._hold(profiles, args["revision"])
        return ""

    def clear(self, args):
        """Drop some profiles or all; "" or the reason of the refusal."""
        held, ids, revision = self._held, args["ids"], args["revision"]
        kept = [each for each in held.profiles if ids and each[0] not in ids]
        if ids and revision != held.revision + 1:
            # Said twice it is done once
            return "" if revision == held.revision and kept == held.profiles else "out_of_step"
        self._hold(kept, revision)
        return ""

    def _hold(self, profiles, revision):
        held = self._held
        held.profiles, held.revision, held.changed = profiles, revision, True
        self._due_s = 0

    def step(self):
        """Set the limits when a schedule, a transaction or the profiles have changed."""
        station = self._station
        now_s = station.clock.up_s
        for number, connector in station.connectors.items():
            if connector.session.running != self._running.get(number, (0,))[0]:
                self._other_transaction(number, connector.session)
        if now_s < self._due_s:
            return
        held, utc = self._held, station.clock.utc_s()
        self.whole_a10, _phases, next_s = schedule.limit(held.profiles, 0, utc)
        for number, connector in station.connectors.items():
            _tx, ref, begun_s, by_utc = self._running.get(number, (0, None, now_s, False))
            if by_utc:
                since_s = None if utc is None or begun_s is None else utc - begun_s
            else:
                since_s = now_s - begun_s
            a10, phases, change_s = schedule.limit(held.profiles, number, utc, since_s, ref)
            next_s = min(next_s, change_s)
            loop = connector.loop
            if loop.limits.value(limits.SCHEDULE) != a10:
                loop.limits.set(limits.SCHEDULE, a10)
                loop.changed = True
            if phases:
                station.set_phases(number, phases)
        self._due_s = now_s + min(next_s, _LOOK_S)

    def _other_transaction(self, number, session):
        held, station = self._held, self._station
        tx, ref = session.running, None
        if tx:
            ref = session.interruption.was["ref"] if session.interruption else session.tx.ref
        gone = self._running.pop(number, (0, None))[1]
        if tx:
            begun_s, by_utc = station.clock.up_s, False
            was = station.journal.open.get(number)
            if was and was["tx"] == tx:
                # The uptime of its start was another
                begun_s, by_utc = was["utc"], True
            self._running[number] = (tx, ref, begun_s, by_utc)
        # A profile dies with its transaction, and when another one has come in its place
        kept = [
            each
            for each in held.profiles
            if each[1:3] != (number, schedule.TX) or (each[9] == ref if tx else each[9] != gone)
        ]
        if len(kept) != len(held.profiles):
            held.profiles, held.changed = kept, True
        self._due_s = 0
