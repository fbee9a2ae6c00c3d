"""The controlled pause for a handshake that holds the interpreter: steady pilot, S2, open, permit, and on again."""

from rig import rig


def test_charge_pauses_for_a_handshake_and_goes_on():
    async def story(r):
        await r.charge()
        await r.run(5000)
        station, contactor = r.station, r.world.contactor
        tx = station.session.tx
        assert station.permit.energised
        operations = contactor.operations
        station.remote.pause(True)
        await r.until(lambda: not contactor.closed, 2000)
        # The vehicle was asked by 100 % duty and opened S2 itself: no opening under load
        assert r.world.vehicle.last_s2_open_us <= contactor.last_open_command_us
        await r.until(lambda: not station.permit.energised, 2000)
        with station.permit.hold("handshake"):
            await r.run(1000)
            assert not contactor.closed
        assert station.loop.limits.holder_name() == "link"
        station.remote.pause(False)
        await r.until(lambda: contactor.closed, 30_000)
        assert station.session.tx is tx
        assert contactor.operations == operations + 1
        assert len(r.records("tx_start")) == len(r.records("tx_charging")) == 1

    with rig() as r:
        r.play(story)
