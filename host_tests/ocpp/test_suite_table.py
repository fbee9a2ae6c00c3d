"""The table at the end of the run: every claim is a row, every scenario is played, and a row says what became of it."""

from types import SimpleNamespace

from messages_v16 import TABLE
from suite_claims import CLAIMS
from suite_registry import ALL
from suite_table import FAILED, NONE, NOT_RUN, OK, Results, lines, rows
from use_cases_v201 import USE_CASES

import suite_play  # noqa: F401 - enters the scenarios  # isort: skip


def report(nodeid, passed=True, **facts):
    return SimpleNamespace(nodeid=nodeid, passed=passed, user_properties=list(facts.items()))


def verdicts(reports, wanted):
    found = {text.split()[0]: row for _, text, row, _ in rows(Results(reports))}
    return found[wanted]


def test_each_claim_is_a_row_and_each_scenario_is_there():
    assert set(CLAIMS) == {*ALL, "a_day_offline"}
    old = {claim for claims, _ in CLAIMS.values() for claim in claims.split()}
    new = {claim for _, claims in CLAIMS.values() for claim in claims.split()}
    assert old <= {row[0] for row in TABLE}
    assert new <= {row[0] for row in USE_CASES}
    # Nothing but what needs a clean bundle or a certificate's own run is left to unit tests alone
    assert {row[0] for row in TABLE} - old == set()
    assert {row[0] for row in USE_CASES} - new == {"A03"}


def test_a_row_says_ok_failed_or_not_run():
    unit = "host_tests/ocpp/test_v16_core_calls.py::test_clear_cache"
    name = "list_and_cache_before_the_central_system"
    seen = report("x", suite=("ocpp1.6", name, "sandbox"))
    assert verdicts([], "ClearCache") == [NOT_RUN] * 3
    assert verdicts([report(unit), seen], "ClearCache") == [OK, OK, NOT_RUN]
    assert verdicts([report(unit + "[a]"), report(unit + "[b]", False)], "ClearCache")[0] == FAILED
    lost = report("x", False, suite=("ocpp1.6", name, "foreign"))
    assert verdicts([seen, lost], "ClearCache")[1:] == [OK, FAILED]
    assert verdicts([], "A03") == [NOT_RUN, NONE, NONE]
    assert list(lines([report(unit)])) == []
    frames = {"ocpp1.6 calls Authorize": 3}
    assert "  ocpp1.6 calls: Authorize 3" in list(lines([seen, report("y", frames=frames)]))
