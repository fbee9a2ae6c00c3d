"""The charging profiles that a pile is to hold, as values: what replaces what, and how the wire has them."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pilebridge.station_services import DEFAULT, MAX, ChargingProfile, Period
from pilebridge.wire import command_rows, messages, schedule

_ROWS = command_rows("profile")
# What the frame of a command takes of the wire's bytes: id, name, time, tag
_FRAME_BYTES = 200


@dataclass(frozen=True)
class ProfileBook:
    """Profiles in the order in which they were set; each change makes the next revision."""

    revision: int = 0
    profiles: tuple[ChargingProfile, ...] = ()

    def with_profile(self, new: ChargingProfile) -> "ProfileBook":
        """The book with a profile in place of those that it replaces."""
        kept = [
            each for each in self.profiles if each.id != new.id and _place(each) != _place(new)
        ]
        return ProfileBook(self.revision + 1, (*kept, new))

    def without(self, ids: Collection[int]) -> "ProfileBook":
        """The book without some profiles."""
        kept = tuple(each for each in self.profiles if each.id not in ids)
        return ProfileBook(self.revision + 1, kept)

    def as_text(self) -> str:
        """JSON of the profiles, for the store."""
        return json.dumps([asdict(each) for each in self.profiles])

    @classmethod
    def from_text(cls, revision: int, text: str) -> "ProfileBook":
        """The book that as_text() wrote."""
        return cls(revision, tuple(_profile(values) for values in json.loads(text)))

    def composite(
        self,
        connector: int,
        rated_a10: int,
        start_utc: int,
        duration_s: int,
        began: tuple[int, str],
    ) -> Sequence[Period]:
        """What the profiles allow from a moment on, at most the rating.

        `began` is the start and the reference of the transaction that runs; (start_utc, "") for none.
        """
        rows = [schedule.profile(arguments(each, 1)) for each in self.profiles]
        since_s, ref = start_utc - began[0], began[1] or None
        found = schedule.composite(rows, connector, start_utc, since_s, ref, duration_s)
        periods: list[Period] = []
        for start_s, a10, phases in found:
            period = Period(start_s, min(a10, rated_a10), phases)
            if not periods or (periods[-1].a10, periods[-1].phases) != (period.a10, phases):
                periods.append(period)
        return periods


def arguments(profile: ChargingProfile, revision: int) -> dict[str, Any]:
    """Arguments of the wire's `profile` command."""
    args: dict[str, Any] = {
        "revision": revision,
        "connector": profile.connector,
        "id": profile.id,
        "purpose": profile.purpose,
        "stack": profile.stack,
        "periods": [
            [p.start_s, p.a10, p.phases] if p.phases else [p.start_s, p.a10]
            for p in profile.periods
        ],
    }
    optional = {
        "from_utc": profile.from_utc,
        "until_utc": profile.until_utc,
        "start_utc": profile.start_utc,
        "duration_s": profile.duration_s,
        "recur": profile.recur or None,
        "ref": profile.ref or None,
    }
    args.update({key: value for key, value in optional.items() if value is not None})
    return args


def problem(profile: ChargingProfile, connectors: Collection[int]) -> str:
    """Why no pile would take a profile, "" when one may."""
    args = arguments(profile, 1)
    try:
        messages.check(args, _ROWS)
        schedule.profile(args)
    except messages.ProtocolError as error:
        return str(error)
    if profile.connector not in {0, *connectors}:
        return "connector: the pile has none of this number"
    if profile.purpose == MAX and profile.connector:
        return "connector: a bound is for the whole pile"
    if profile.purpose not in {MAX, DEFAULT} and not profile.ref:
        return "ref: missing"
    if len(messages.encode(args)) > messages.MAX_BYTES - _FRAME_BYTES:
        return "periods: too long for one message"
    return ""


def _place(profile: ChargingProfile) -> tuple[int, str, int, str]:
    return profile.connector, profile.purpose, profile.stack, profile.ref


def _profile(values: dict[str, Any]) -> ChargingProfile:
    periods = tuple(Period(**period) for period in values.pop("periods"))
    return ChargingProfile(periods=periods, **values)
