"""The table of OCPP at the end of a run: each message and use case that we claim, and how its tests went.

`unit` is the test that messages_v16.py or use_cases_v201.py names; `sandbox` and `foreign` are the scenarios of
the suite at these central systems.
"""

from collections import Counter

from messages_v16 import CENTRAL, TABLE
from suite_claims import CLAIMS
from use_cases_v201 import USE_CASES

V16, V201 = "ocpp1.6", "ocpp2.0.1"
SERVERS = ("sandbox", "foreign")
OK, FAILED, NOT_RUN, NONE = "ok", "FAILED", "not run", "-"


def _verdict(results):
    """Of several tests one word; `results` are true, false, or None for one that did not run."""
    if False in results:
        return FAILED
    return NONE if not results else NOT_RUN if None in results else OK


class Results:
    """What the reports of a run (nodeid, outcome, properties) say of each test."""

    def __init__(self, reports):
        self.units, self.scenarios, self.frames = {}, {}, Counter()
        for report in reports:
            name = report.nodeid.partition("[")[0].rpartition("/")[2]
            # One of several failing fails all
            self.units[name] = self.units.get(name, True) and report.passed
            facts = dict(report.user_properties)
            if "suite" in facts:
                version, scenario, server = facts["suite"]
                self.scenarios[version, scenario, server] = report.passed
            self.frames.update(facts.get("frames", {}))

    def unit(self, name):
        """The verdict on a test, `file::test`."""
        return _verdict([self.units.get(name)])

    def suite(self, version, claim, server):
        """The verdict on the scenarios that show a claim."""
        found = scenarios_of(version, claim)
        return _verdict([self.scenarios.get((version, name, server)) for name in found])


def scenarios_of(version, claim):
    """Names of the scenarios that show a message or use case."""
    place = (V16, V201).index(version)
    return [name for name, claims in CLAIMS.items() if claim in claims[place].split()]


def rows(results):
    """(version, claim, verdicts, scenarios) of each row."""
    for action, sent_by, _profile, _how, file, test in TABLE:
        claim = f"{action} (sent)" if (action, sent_by) == ("DataTransfer", "station") else action
        yield _row(results, V16, claim, f"test_v16_{file}.py::{test}", sent_by == CENTRAL)
    for number, name, shown in USE_CASES:
        file, _, test = shown.partition(".")
        yield _row(results, V201, number, f"test_v201_{file}.py::{test}", False, name)


def _row(results, version, claim, unit, is_asked, title=""):
    verdicts = [results.unit(unit), *(results.suite(version, claim, each) for each in SERVERS)]
    shown = scenarios_of(version, claim) or [unit.rpartition("::")[2]]
    text = f"{claim} {title}".strip() if title else claim + (" <" if is_asked else "")
    return version, text, verdicts, shown


def lines(reports):
    """The table, and what the foreign server took; nothing when no scenario was played."""
    results = Results(reports)
    if not results.scenarios:
        return
    last = ""
    for version, text, verdicts, shown in rows(results):
        if version != last:
            last = version
            head = "message (<: asked of the station)" if version == V16 else "use case"
            yield _line(f"{version} {head}", ["unit", *SERVERS], "shown by")
        more = f" +{len(shown) - 2}" if len(shown) > 2 else ""
        yield _line(text, verdicts, " ".join(shown[:2]) + more)
    total = sum(results.frames.values())
    yield f"frames that passed the foreign server's schemas: {total}"
    for (version, kind), names in sorted(_grouped(results.frames).items()):
        yield f"  {version} {kind}: " + ", ".join(
            f"{name} {n}" for name, n in sorted(names.items())
        )


def _grouped(frames):
    grouped = {}
    for key, count in frames.items():
        version, kind, action = key.split(" ")
        grouped.setdefault((version, kind), {})[action] = count
    return grouped


def _line(text, verdicts, shown):
    return f"{text:.46}".ljust(48) + "".join(each.ljust(9) for each in verdicts) + shown
