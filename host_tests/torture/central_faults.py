"""What goes wrong at the OCPP central system and on the way to it; the functions are as those in faults.py."""

from sandbox.csms.behaviour import Verdict

from .central import CALL_TIMEOUT_S

_OF_TRANSACTIONS = {
    "ocpp1.6": ("StartTransaction", "StartTransaction", "MeterValues", "StopTransaction"),
    "ocpp2.0.1": ("TransactionEvent",) * 4,
}
_OTHERS = ("Authorize", "StatusNotification", "Heartbeat", "BootNotification")
_CODES = ("InternalError", "GenericError", "NotSupported", "ProtocolError")


def _action(bench, chance, *more):
    return chance.choice(_OF_TRANSACTIONS[bench.version] + _OTHERS + more)


def central_restarts(bench, _chance):
    """The central system is killed where it stands, keeps its store, and comes back soon."""
    bench.centrals[0].kill()


def central_away(bench, chance):
    """Nobody listens there for minutes, while charges begin and end."""
    central = bench.centrals[0]
    central.refusing = True
    central.hang_up()
    return chance.uniform(30, 300), lambda: setattr(central, "refusing", False)


def central_hangs_up(bench, _chance):
    """It ends the connection."""
    bench.centrals[0].hang_up()


def central_silent(bench, chance):
    """Nothing comes through to it or from it, and nobody is told."""
    central = bench.centrals[0]
    central.go_silent()
    return chance.uniform(2, 40), lambda: setattr(central, "silent", False)


def central_slow(bench, chance):
    """Everything on the way takes seconds."""
    weather = bench.centrals[0].weather
    weather.slow_s = chance.uniform(0.5, CALL_TIMEOUT_S / 2)
    return chance.uniform(5, 30), lambda: setattr(weather, "slow_s", 0.0)


def central_late(bench, chance):
    """It answers late, or when nobody waits any more."""
    delays_s = bench.centrals[0].behaviour.delays_s
    action = _action(bench, chance, "*")
    delays_s[action] = chance.uniform(0.3, 1.5) * CALL_TIMEOUT_S
    return chance.uniform(5, 30), lambda: delays_s.pop(action, None)


def central_mute(bench, chance):
    """It takes calls and does not answer."""
    bench.centrals[0].behaviour.mute[_action(bench, chance, "*")] += chance.randrange(1, 4)


def central_hangs_up_in_call(bench, chance):
    """It ends the connection in a call, which it has taken or not."""
    behaviour = bench.centrals[0].behaviour
    counts = chance.choice((behaviour.close_before, behaviour.close_after))
    counts[_action(bench, chance, "*")] += chance.randrange(1, 4)


def central_cuts(bench, chance):
    """Any call may be its last, for a while."""
    behaviour = bench.centrals[0].behaviour
    behaviour.cut_chance = chance.uniform(0.1, 0.5)
    return chance.uniform(5, 30), lambda: setattr(behaviour, "cut_chance", 0.0)


def central_refuses(bench, chance):
    """It answers calls with errors."""
    action = _action(bench, chance)
    codes = [chance.choice(_CODES) for _ in range(chance.randrange(1, 5))]
    bench.centrals[0].behaviour.errors.setdefault(action, []).extend(codes)


def central_doubts(bench, chance):
    """It answers starts as if it did not know the station yet; only 1.6 has such answers."""
    bench.centrals[0].be_early(chance)


def central_revokes(bench, chance):
    """It takes the right to charge from every token it is told of, for a while."""
    behaviour = bench.centrals[0].behaviour
    behaviour.others = Verdict(chance.choice(("Blocked", "Expired", "Invalid")))
    return chance.uniform(3, 30), lambda: setattr(behaviour, "others", Verdict())


def central_lets_in_late(bench, chance):
    """Its next answers to boot notifications are not Accepted, and the bridge starts anew."""
    words = [chance.choice(("Pending", "Rejected")) for _ in range(chance.randrange(1, 3))]
    bench.centrals[0].behaviour.boots += words
    bench.bridge.kill()


# Kind, and how often it is drawn beside those in faults.py
KINDS = (
    (central_restarts, 3),
    (central_away, 0.7),
    (central_hangs_up, 1),
    (central_silent, 1.5),
    (central_slow, 1),
    (central_late, 2),
    (central_mute, 2),
    (central_hangs_up_in_call, 2),
    (central_cuts, 1),
    (central_refuses, 2),
    (central_doubts, 1),
    (central_revokes, 0.7),
    (central_lets_in_late, 0.7),
)
EVERY = frozenset(kind for kind, _weight in KINDS)
