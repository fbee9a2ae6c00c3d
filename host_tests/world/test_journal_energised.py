"""A charge of ten hours: what the journal does to the flash while the contactor is closed."""

from rig import SECRET, rig

HOURS = 10
SAMPLE_S = 60
# What else a long charge writes: faults that come and go, a step of the clock
OTHER_S = 600


class Clock:
    up_s = 0
    up_ms = 0

    def utc_s(self):
        return 1_763_600_000 + self.up_s


def ten_hours(r):
    """(records, page programs, erases) of ten hours with the contactor closed, nobody acknowledging."""
    from evse.app.journal import Journal
    from evse.app.keys import Keys
    from evse.control.stall_permit import StallPermit

    permit, clock = StallPermit(), Clock()
    journal = Journal(r.board.journal_flash(), Keys(SECRET.hex(), permit), clock, permit)
    tx = journal.next_seq
    flash = r.world.flash
    assert journal.record("tx_start", 1, 1000, tx=tx, ref="R" * 27, by="tcec102", meter="2" * 12)
    permit.energised = True
    programs, erases, first = flash.programs, flash.erases, journal.next_seq
    taken = 0
    for clock.up_s in range(0, HOURS * 3600, SAMPLE_S):
        wh = 1000 + clock.up_s * 2
        taken += bool(journal.record("tx_sample", 1, wh, tx=tx, w=7034))
        if clock.up_s % OTHER_S == 0:
            taken += bool(journal.record("fault", 1, wh, fault="temperature_lost", detail=""))
            taken += bool(journal.record("fault_clear", 1, wh, fault="temperature_lost"))
        journal.maintain()
    assert journal.record("tx_stop", 1, 73000, tx=tx, reason="remote", fault="")
    taken += 1
    assert journal.next_seq - first == taken
    return taken, flash.programs - programs, flash.erases - erases


def test_ten_hours_energised_are_no_erase_and_one_page_program_a_record(record_property):
    async def story(r):
        return ten_hours(r)

    with rig() as r:
        taken, programs, erases = r.play(story)
    record_property("figure", f"{taken} records, {programs} page programs, {erases} erases")
    assert taken >= 500
    assert erases == 0
    assert programs <= taken * 11 / 10


def test_erasing_waits_for_the_permit_and_then_makes_room():
    async def story(r):
        journal = r.station.journal
        await r.run(500)
        for _ in range(400):
            journal.record("fault_clear", 1, 0, fault="planted")
            await r.run(10)
        await r.charge()
        r.greet(1_763_600_000, journal.next_seq - 1)
        erases, room = r.world.flash.erases, journal.ring.room
        await r.run(10_000)
        assert r.world.flash.erases == erases, "erased while energised"
        r.station.stop_local()
        await r.until(lambda: journal.ring.room > max(room + 100, 500), 60_000)

    with rig() as r:
        r.play(story)
