"""Charging profiles: what they allow at a moment, and when that can change next. Currents in 0.1 A.

Pile and bridge both import this, so a composite schedule has one definition. A profile is a tuple, as
profile() makes it: (id, connector, purpose, stack, from_utc, until_utc, start_utc, recur_s, duration_s, ref,
periods), 0 for what it does not say, periods flat: start_s, a10, phases (0: as wired), start_s, ..

A profile counts from `from_utc` until before `until_utc`, from the start of its first period on until its duration
is over; each recurrence begins anew, from `start_utc` on. Without `start_utc` it is relative to the start of the
transaction. Of those that count the highest stack level holds. Defaults of connector 0 are for every connector;
one of the connector's own that counts overrides them, whatever their levels. A `tx` profile counts for the
transaction of its ref only; while none counts the defaults hold. The bound of `max` is for the whole pile: it bounds
each connector, and whoever has several connectors shares it among them.

A profile that cannot be placed in time, since the clock (`utc` None) or the age of the transaction (`since_s`
None) is unknown, may hold or not: the least of its periods, and of all that would hold instead, applies. Without a
transaction `since_s` is 0 and `ref` None: what would hold for one that began now.
"""

from .limits import UNLIMITED_A10
from .messages import ProtocolError

MAX, DEFAULT, TX = range(3)
PURPOSES = "max default tx".split()
DAY_S = 86400
WEEK_S = 604800
# No change ahead
NEVER = 0x3FFFFFFF
_FIELDS = (
    "id connector purpose stack from_utc until_utc start_utc recur duration_s ref periods"
).split()
# Levels that any profile of the connector has above those of connector 0
_OWN = 100


def profile(args):
    """The tuple of a `profile` command's checked args; ProtocolError names what does not go together."""
    purpose, recur = args["purpose"], args.get("recur")
    if purpose not in PURPOSES:
        raise ProtocolError("purpose", "allowed max, default, tx")
    purpose = PURPOSES.index(purpose)
    if purpose != DEFAULT and (purpose == MAX) != (args["connector"] == 0):
        raise ProtocolError("connector", "0 is for max, others for tx")
    if recur not in (None, "daily", "weekly"):
        raise ProtocolError("recur", "allowed daily, weekly")
    if recur and not args.get("start_utc"):
        raise ProtocolError("start_utc", "missing")
    found = dict(args)
    found["purpose"] = purpose
    found["recur"] = (WEEK_S if recur == "weekly" else DAY_S) if recur else 0
    found["periods"] = _flat(args["periods"])
    return tuple([found.get(field, 0) for field in _FIELDS])


def _flat(periods):
    flat = []
    for period in periods:
        if not isinstance(period, (list, tuple)) or not 2 <= len(period) <= 3:
            raise ProtocolError("periods", "[start_s, a10] or [start_s, a10, phases]")
        start_s, a10 = period[:2]
        phases = period[2] if len(period) == 3 else 0
        for number, highest in ((start_s, NEVER), (a10, UNLIMITED_A10), (phases, 3)):
            is_number = isinstance(number, int) and not isinstance(number, bool)
            if not is_number or not 0 <= number <= highest:
                raise ProtocolError("periods", "%s, allowed 0..%d" % (repr(number)[:12], highest))
        if flat and start_s <= flat[-3]:
            raise ProtocolError("periods", "not in order")
        flat.extend((start_s, a10, phases))
    return tuple(flat)


def install(profiles, new):
    """The list with `new` in place of its id, and of its connector, purpose, stack level and transaction."""
    kept = [each for each in profiles if each[0] != new[0]]
    kept = [each for each in kept if each[1:4] != new[1:4] or each[9] != new[9]]
    kept.append(new)
    return kept


def limit(profiles, connector, utc, since_s=0, ref=None):
    """(a10, phases, next_s): what holds now, and in how many seconds it can change at the earliest.

    `connector` 0 is the whole pile: the bound of `max` only. NEVER when nothing is to come.
    """
    certain, a10, phases, next_s = _purpose(profiles, MAX, 0, utc, since_s, None)
    if connector:
        for purpose in (TX, DEFAULT):
            certain, other_a10, other_phases, other_s = _purpose(
                profiles, purpose, connector, utc, since_s, ref
            )
            a10, phases = min(a10, other_a10), _fewer(phases, other_phases)
            next_s = min(next_s, other_s)
            if certain:
                # While it holds the defaults do not matter
                break
    return a10, phases, next_s


def composite(profiles, connector, utc, since_s, ref, seconds):
    """List of (start_s, a10, phases) over the `seconds` from now on, equal neighbours as one."""
    found = []
    at = 0
    while at < seconds:
        a10, phases, next_s = limit(
            profiles,
            connector,
            None if utc is None else utc + at,
            None if since_s is None else since_s + at,
            ref,
        )
        if not found or found[-1][1:] != (a10, phases):
            found.append((at, a10, phases))
        at += next_s
    return found


def _fewer(phases, others):
    return min(phases, others) if phases and others else phases or others


def _purpose(profiles, purpose, connector, utc, since_s, ref):
    """(certain, a10, phases, next_s): whether a profile of this purpose holds for sure, and what they allow."""
    best, a10, phases, next_s = -1, UNLIMITED_A10, 0, NEVER
    doubtful = None
    for each in profiles:
        if each[2] != purpose or each[1] not in (0, connector):
            continue
        if purpose == TX and (ref is None or each[9] != ref):
            continue
        rank = each[3] + (_OWN if each[1] else 0)
        if (utc is None and (each[4] or each[5] or each[6])) or (since_s is None and not each[6]):
            doubtful = doubtful or []
            doubtful.append((rank, each[10]))
            continue
        place, change_s = _place(each, utc, since_s)
        next_s = min(next_s, change_s)
        if place >= 0 and rank >= best:
            best, a10, phases = rank, each[10][place + 1], each[10][place + 2]
    for rank, periods in doubtful or ():
        if rank >= best:
            for place in range(0, len(periods), 3):
                a10 = min(a10, periods[place + 1])
                phases = _fewer(phases, periods[place + 2])
    return best >= 0, a10, phases, next_s


def _place(each, utc, since_s):
    """(index of the period that holds, -1 for none; seconds until that can change)."""
    from_utc, until_utc, start_utc, recur_s, duration_s, _ref, periods = each[4:]
    next_s = NEVER
    if from_utc and utc < from_utc:
        return -1, from_utc - utc
    if until_utc:
        if utc >= until_utc:
            return -1, NEVER
        next_s = until_utc - utc
    at = utc - start_utc if start_utc else since_s
    if at < 0:
        return -1, -at
    if recur_s:
        at %= recur_s
        next_s = min(next_s, recur_s - at)
    if duration_s:
        if at >= duration_s:
            return -1, next_s if recur_s else NEVER
        next_s = min(next_s, duration_s - at)
    place = -3
    for index in range(0, len(periods), 3):
        if periods[index] > at:
            next_s = min(next_s, periods[index] - at)
            break
        place = index
    return max(place, -1), next_s
