"""What goes wrong: every kind is one function that begins it and gives (seconds, how to put it right) or None.

A pile or a bridge that died comes back by itself, see bench.py.
"""

from pilesim.nor_flash import TORN

from . import central_faults
from .books import Ledger
from .pile import STATION
from .platform import MOODS

LEAST = 20
_MOST = 30
# With a central system
_MORE = 8
_GAP_S = 8.0


def power_cut(bench, _chance):
    """The pile loses its supply."""
    bench.pile.off()


def power_cut_in_flash(bench, chance):
    """The pile loses its supply in one of the next flash operations, which is torn."""
    mode = chance.choice(TORN)
    bench.pile.flash.cut_after(chance.randrange(1, 12), mode)
    bench.say("fault: the cut leaves %s of the operation" % mode)


def meter_moves_while_off(bench, chance):
    """Energy passes the meter while the pile has no supply."""
    bench.pile.off()
    bench.pile.meter.move(10 * chance.randrange(1, 40))


def meter_restarts(bench, chance):
    """The meter does not answer for a moment."""
    bench.pile.meter.be_silent(chance.uniform(0.5, 2.2))


def meter_silent(bench, chance):
    """The meter does not answer for long enough to be missed."""
    bench.pile.meter.be_silent(chance.uniform(3, 15))


def meter_steps_back(bench, chance):
    """The register is less than it was."""
    bench.pile.meter.move(-10 * chance.randrange(10, 100))


def meter_replaced(bench, chance):
    """Another meter, while the pile is off."""
    bench.pile.off()
    bench.pile.meter.replace(chance)


def flash_rots(bench, _chance):
    """One bit of the flash falls over, in a page without a record that is still needed."""
    bench.pile.rot(_held(), beside=False)


def flash_rots_beside(bench, _chance):
    """One bit of the flash falls over, in the page of a record that is still needed, but not in that record."""
    bench.pile.rot(_held(), beside=True)


def _held():
    return {(life, seq) for life, seq, _body in Ledger().journal}


def flash_fails(bench, chance):
    """The flash refuses to be written for a while."""
    flash = bench.pile.flash
    flash.set_fault("flash_fail", True)
    return chance.uniform(0.2, 6), lambda: flash.set_fault("flash_fail", False)


def link_gone(bench, chance):
    """No connection for minutes, while charges go on at the pile."""
    bench.weather.refusing = True
    bench.network.reset()
    return chance.uniform(60, 400), lambda: setattr(bench.weather, "refusing", False)


def link_breaks(bench, _chance):
    """The pile's connection is reset."""
    bench.network.reset()


def link_deaf(bench, chance):
    """Nothing comes through and nobody is told."""
    bench.weather.deaf = True
    return chance.uniform(1, 25), lambda: setattr(bench.weather, "deaf", False)


def link_slow(bench, chance):
    """Everything takes seconds."""
    bench.weather.slow_s = chance.uniform(0.5, 4)
    return chance.uniform(4, 20), lambda: setattr(bench.weather, "slow_s", 0.0)


def link_refuses(bench, chance):
    """The connection breaks and none comes about for a while."""
    bench.weather.refusing = True
    bench.network.reset()
    return chance.uniform(2, 15), lambda: setattr(bench.weather, "refusing", False)


def messages_lost(bench, chance):
    """Messages get lost, late and double between the ends."""
    weather = bench.weather
    weather.loss, weather.twice, weather.late = (chance.random() / 3 for _ in range(3))
    weather.late_s = chance.uniform(0.5, 8)
    return chance.uniform(5, 20), bench.weather.orderly


def old_message(bench, chance):
    """A message that was sent once comes again, hours or seconds later."""
    bench.broker.echo(chance)


def broker_restarts(bench, chance):
    """The broker goes down, and what it kept may be gone."""
    keep = chance.random() < 0.5
    bench.say("fault: the broker keeps %s" % ("everything" if keep else "nothing"))
    bench.broker.stop(keep)
    return chance.uniform(0.5, 12), bench.broker.start


def bridge_killed(bench, _chance):
    """The bridge is killed where it stands."""
    bench.bridge.kill()


def bridge_killed_in_database(bench, chance):
    """The bridge is killed before one of its next database statements."""
    bench.bridge.fuse.after(chance.randrange(1, 60))


def key_rotated(bench, _chance):
    """The pile is to take a new secret, while everything else goes wrong."""
    bench.bridge.rotate(STATION)


def platform_misbehaves(bench, chance):
    """The platform is down, late, or answers wrong."""
    platform = bench.platform
    platform.mood = chance.choice(MOODS)
    bench.say("fault: the platform is %s" % platform.mood)
    # A dispute needs an order: it lasts until there was one
    lasts_s = 90 if platform.mood == "disputed" else chance.uniform(2, 20)
    return lasts_s, lambda: setattr(platform, "mood", "")


def bridge_clock_steps(bench, chance):
    """The bridge's clock is set; the pile's follows at its next hello."""
    bench.step_clock(chance.choice((-3600, -90, -5, 5, 90, 3600)) * chance.random())
    if chance.random() < 0.5:
        bench.network.reset()


# Kind, and how often it is drawn
KINDS = (
    (power_cut, 4),
    (power_cut_in_flash, 4),
    (meter_moves_while_off, 1),
    (meter_restarts, 1),
    (meter_steps_back, 0.4),
    (meter_replaced, 0.3),
    (flash_rots, 1),
    (link_gone, 0.4),
    (link_breaks, 2),
    (link_deaf, 2),
    (link_slow, 1),
    (link_refuses, 1),
    (messages_lost, 3),
    (old_message, 2),
    (broker_restarts, 2),
    (key_rotated, 0.7),
    (bridge_killed, 2),
    (bridge_killed_in_database, 3),
    (platform_misbehaves, 3),
    (bridge_clock_steps, 1),
)
# What the firmware does not come through without a loss: only with --harder
HARDER = ((flash_fails, 2), (flash_rots_beside, 2), (meter_silent, 2))


_PILE = {power_cut, power_cut_in_flash, meter_moves_while_off, meter_replaced, link_breaks}
_BRIDGE = {bridge_killed, bridge_killed_in_database, key_rotated}


def _possible(bench, kind):
    """What has no power cannot lose it."""
    if kind in _PILE:
        return bench.pile.running
    if kind in _BRIDGE:
        return bench.bridge.running and bench.bridge.app is not None
    if kind in central_faults.EVERY:
        return bench.centrals[0].running
    return True


async def inflict(bench):
    """Draw and begin faults until there were enough; returns their number by name."""
    chance = bench.random
    kinds, weights = zip(*bench.kinds, strict=True)
    counts = {}
    wanted = chance.randrange(LEAST + 2, _MOST) + _MORE * len(bench.centrals)
    while sum(counts.values()) < wanted:
        await bench.wait(chance.expovariate(1 / _GAP_S))
        kind = chance.choices(kinds, weights)[0]
        if not _possible(bench, kind):
            continue
        name = kind.__name__
        bench.say("fault: %s" % name)
        counts[name] = counts.get(name, 0) + 1
        lasting = kind(bench, chance)
        if lasting:
            bench.side(_end(bench, name, lasting[1]), lasting[0])
    return counts


async def _end(bench, name, mend):
    bench.say("fault: %s ends" % name)
    mend()
