"""What a roll-out does next: decided from what is known of its stations, without store, clock or piles."""

import hashlib
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

# States of a roll-out; a later one of the same board takes the place of one that is stopped
RUNNING, STOPPED, DONE, REPLACED = "running", "stopped", "done", "replaced"
# Phases of a station before the pile says its own: not asked; told and not answered; has said yes
WAITING, ASKED, ACCEPTED = "waiting", "asked", "accepted"
FETCH, PAUSED, APPLYING, TRIAL = "fetch", "paused", "applying", "trial"
CONFIRMED, REFUSED, ROLLED_BACK, OVERDUE = "confirmed", "refused", "rolled_back", "overdue"
PHASES = (
    *(WAITING, ASKED, ACCEPTED, FETCH, PAUSED, APPLYING, TRIAL),
    *(CONFIRMED, REFUSED, ROLLED_BACK, OVERDUE),
)
FAILED = (REFUSED, ROLLED_BACK, OVERDUE)
ACTIVE = (ASKED, ACCEPTED, FETCH, PAUSED, APPLYING, TRIAL)
# Nothing of the new firmware runs yet, so whoever is away in these can begin anew
_EARLY = (ASKED, ACCEPTED, FETCH, PAUSED)
# On its way to the new firmware: the clock of the trial runs
UNDER_TRIAL = (APPLYING, TRIAL)

TRIAL_S = 30 * 60
# A pile that fetches says so every 10 s; one that is energised may be silent for long
_SILENT_S = {ACCEPTED: 120.0, FETCH: 120.0, PAUSED: 1800.0}
_AT_ONCE_PERCENT = 5


@dataclass(frozen=True)
class Wave:
    """How far a roll-out goes: to one station, to some per cent of them, or to all."""

    rank: int
    percent: int = 100
    station: str = ""

    @property
    def text(self) -> str:
        """The words that parse_wave() reads."""
        return ("", f"one {self.station}", f"percent {self.percent}", "all")[self.rank]


def parse_wave(words: Sequence[str]) -> Wave:
    """A wave of `one STATION`, `percent N` or `all`; ValueError says what is allowed."""
    if len(words) == 2 and words[0] == "one":
        return Wave(1, station=words[1])
    if len(words) == 2 and words[0] == "percent" and words[1].isdigit():
        if 1 <= int(words[1]) <= 99:
            return Wave(2, percent=int(words[1]))
    elif list(words) == ["all"]:
        return Wave(3)
    raise ValueError(f"{' '.join(words)!r}: allowed are one STATION, percent 1..99, and all")


def order(stations: Iterable[str], bundle_id: str) -> list[str]:
    """Stations in the order in which they get a bundle: by a hash of both names, the same each time."""
    return sorted(
        stations, key=lambda name: hashlib.sha256(f"{name} {bundle_id}".encode()).digest()
    )


def choose(
    wave: Wave, fleet: Collection[str], running: Collection[str], bundle_id: str
) -> list[str]:
    """Those of the fleet that a wave reaches and that do not run the bundle yet, in their order."""
    if wave.station:
        return [name for name in fleet if name == wave.station and name not in running]
    ordered = order(fleet, bundle_id)
    reached = ordered[: math.ceil(len(ordered) * wave.percent / 100)]
    return [name for name in reached if name not in running]


def default_at_once(stations: int) -> int:
    """How many of a wave's stations may be on their way together."""
    return max(1, stations * _AT_ONCE_PERCENT // 100)


@dataclass(frozen=True)
class Station:
    """What is known of one station of a roll-out now.

    `silent_s` counts from what it last said of an update, `due` is False while it is not to be asked again.
    """

    pile: str
    phase: str
    reachable: bool
    silent_s: float
    due: bool
    trial_utc: int | None


@dataclass(frozen=True)
class Steps:
    """Stations whose time is over, that are to wait for their turn again, and to be told now."""

    overdue: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()


def next_steps(stations: Sequence[Station], at_once: int, now_utc: int, settled: bool) -> Steps:
    """Steps of a running roll-out; `stations` in their order.

    `settled` is False while what piles said in our absence may still be on its way.
    """
    overdue, back, again, waiting = [], [], [], []
    active = 0
    for station in stations:
        phase = station.phase
        if phase == WAITING:
            if station.reachable and station.due:
                waiting.append(station.pile)
        elif phase in UNDER_TRIAL and _late(station, now_utc) and settled:
            overdue.append(station.pile)
        elif phase in _EARLY and _lost(station) and settled:
            back.append(station.pile)
        elif phase in ACTIVE:
            active += 1
            if phase == ASKED and station.due:
                again.append(station.pile)
    # A failure may stop the roll-out, so nobody new begins in the same step
    free = 0 if overdue else max(0, at_once - active)
    return Steps(tuple(overdue), tuple(back), (*again, *waiting[:free]))


def _late(station: Station, now_utc: int) -> bool:
    return station.trial_utc is not None and now_utc - station.trial_utc > TRIAL_S


def _lost(station: Station) -> bool:
    silent = station.silent_s > _SILENT_S.get(station.phase, math.inf)
    return silent or not station.reachable


def heard(old: str, said: str, tries: int) -> str:
    """The phase of a station after its pile has said one, for the bundle of the roll-out."""
    if old == CONFIRMED or (said in FAILED and tries == 0):
        # What it says of an earlier try is no news of this one
        return old
    if old == OVERDUE and said in FAILED:
        # Late, and it knows why
        return said
    if old in FAILED and said != CONFIRMED:
        return old
    if old == WAITING and said in _EARLY:
        # Not its turn
        return old
    return said


def verdict(phases: Sequence[str], forgiven: int, stop_after: int) -> str:
    """State of a running roll-out whose stations are in these phases."""
    failed = sum(phase in FAILED for phase in phases)
    if failed - forgiven >= stop_after:
        return STOPPED
    return DONE if failed + phases.count(CONFIRMED) == len(phases) else RUNNING
