"""What the profiles of a connector allow over time, for the drawing beside the measured current."""

from collections.abc import Iterable

from sandbox.csms.profiles import Profile

_EVERY_S = {"Daily": 86_400, "Weekly": 604_800}
# To draw limits in watts as amperes
_VOLTS = 230


def limit_at(
    profiles: Iterable[Profile],
    connector: int,
    utc: float,
    tx_start: float | None,
    tx_id: str = "",
) -> float | None:
    """Amperes per phase that hold then; None for no limit."""
    of_purpose: dict[str, list[Profile]] = {"max": [], "default": [], "tx": []}
    for profile in profiles:
        if profile.connector in {0, connector}:
            of_purpose[profile.purpose].append(profile)
    own = [p for p in of_purpose["tx"] if tx_start is not None and p.transaction in {"", tx_id}]
    below = _highest(own, utc, tx_start)
    if below is None:
        # One for this connector goes before one for all
        for number in (connector, 0):
            rows = [p for p in of_purpose["default"] if p.connector == number]
            below = _highest(rows, utc, tx_start)
            if below is not None:
                break
    above = _highest(of_purpose["max"], utc, tx_start)
    return min((limit for limit in (above, below) if limit is not None), default=None)


def steps(
    profiles: Iterable[Profile],
    connector: int,
    span: tuple[float, float, float],
    tx: tuple[float | None, str] = (None, ""),
) -> list[tuple[float, float | None]]:
    """(time, amperes or None) wherever the limit changes inside `span`, which is (from, until, every)."""
    rows = list(profiles)
    utc, until, every = span
    found: list[tuple[float, float | None]] = []
    while utc <= until:
        begun = tx[0] is not None and utc >= tx[0]
        limit = limit_at(rows, connector, utc, tx[0] if begun else None, tx[1])
        if not found or found[-1][1] != limit:
            found.append((utc, limit))
        utc += every
    return found


def _highest(profiles: list[Profile], utc: float, tx_start: float | None) -> float | None:
    for profile in sorted(profiles, key=lambda item: item.stack, reverse=True):
        limit = _limit(profile, utc, tx_start)
        if limit is not None:
            return limit
    return None


def _limit(profile: Profile, utc: float, tx_start: float | None) -> float | None:
    if profile.from_utc is not None and utc < profile.from_utc:
        return None
    if profile.until_utc is not None and utc >= profile.until_utc:
        return None
    start = profile.start_utc if profile.start_utc is not None else tx_start
    if start is None or utc < start:
        return None
    elapsed = utc - start
    if profile.recur:
        elapsed %= _EVERY_S[profile.recur]
    if profile.duration_s is not None and elapsed >= profile.duration_s:
        return None
    limit = None
    for start_s, value, phases in profile.periods:
        if start_s <= elapsed:
            limit = value / (_VOLTS * (phases or 3)) if profile.unit == "W" else value
    return limit
