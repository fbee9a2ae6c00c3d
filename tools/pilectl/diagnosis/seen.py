"""What the console and the computer told, as the checks read it: nothing in it is taken for granted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evse.core import faults, pilot_profiles

_DEFAULT_PROFILE = "gbt_18487_1_2015"


class Seen:
    """`answers` is command -> answer; one that could not be had is {"error": why} or missing."""

    def __init__(self, answers: Mapping[str, Any], host_utc_s: int) -> None:
        self.answers = answers
        self.host_utc_s = host_utc_s

    def get(self, command: str) -> dict[str, Any]:
        """The answer to a command, empty when there is none."""
        found = self.answers.get(command)
        return found if isinstance(found, dict) and "error" not in found else {}

    def missing(self, command: str) -> str:
        """Why there is no answer, "" when there is one."""
        found = self.answers.get(command)
        if isinstance(found, dict):
            return str(found.get("error", ""))
        return "-"

    def connectors(self, command: str) -> list[dict[str, Any]]:
        """The answer's rows for each connector."""
        return _dicts(self.get(command).get("connectors"))

    def inputs(self, *roles: str) -> list[dict[str, Any]]:
        """The raw inputs of a role, by the name of its pin or of its fault; one for each connector that has one."""
        return [row for row in _dicts(self.get("parts").get("inputs")) if row.get("role") in roles]

    def selftests(self, *words: str) -> list[dict[str, Any]]:
        """Results of the self-test whose name holds one of the words."""
        results = _dicts(self.get("selftest").get("results"))
        return [row for row in results if any(word in str(row.get("name")) for word in words)]

    def failed(self, *words: str) -> list[dict[str, Any]]:
        """Those of them that are not well."""
        return [row for row in self.selftests(*words) if row.get("ok") is False]

    def said(self, beginning: str) -> str:
        """The rest of the newest event that begins so, "" for none."""
        for event in reversed(_dicts(self.get("log").get("events"))):
            text = " ".join(str(event[key]) for key in ("task", "what", "value") if event.get(key))
            if text.startswith(beginning):
                return text.removeprefix(beginning).strip(" :")
        return ""

    @property
    def faults(self) -> set[str]:
        """Names of all active faults."""
        found = {name for row in self.connectors("status") for name in row.get("faults") or ()}
        for row in self.connectors("faults"):
            found.update(str(fault.get("name")) for fault in _dicts(row.get("active")))
        return found & set(faults.NAMES)

    @property
    def settings(self) -> dict[str, Any]:
        """Settings by name, secrets hidden."""
        found = self.get("settings").get("settings")
        return found if isinstance(found, dict) else {}

    @property
    def profile(self) -> Any:
        """Windows of the control pilot standard in force."""
        name = self.get("status").get("profile") or self.settings.get("profile")
        return pilot_profiles.load(name if name in pilot_profiles.NAMES else _DEFAULT_PROFILE)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def volts(mv: int) -> str:
    """mV as volts with two places."""
    sign = "-" if mv < 0 else ""
    return f"{sign}{abs(mv) // 1000}.{abs(mv) % 1000 // 10:02d} V"


def window(lowest_mv: int, highest_mv: int) -> str:
    """A window of levels."""
    return f"{volts(lowest_mv)[:-2]} .. {volts(highest_mv)}"
