"""The table of use cases names tests that are there, and every action of the package once."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from fakes201 import Bench, schema_actions
from use_cases_v201 import (
    ACTIONS,
    DOES,
    NEVER_SENT,
    NOT_CLAIMED,
    NOT_SUPPORTED,
    USE_CASES,
)

from pilebridge.platforms.ocpp.context import CallError
from pilebridge.platforms.ocpp.v201 import actions

HERE = Path(__file__).parent


@cache
def named_tests(file):
    """Source of each test of a file by its name, without those that are skipped."""
    text = (HERE / f"test_v201_{file}.py").read_text("utf-8")
    return {
        node.name: ast.get_source_segment(text, node)
        for node in ast.parse(text).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
        and not any("skip" in ast.unparse(d) for d in node.decorator_list)
    }


def source_of(test):
    file, name = test.split(".")
    assert name in named_tests(file), test
    return named_tests(file)[name]


@pytest.mark.parametrize(("number", "name", "test"), USE_CASES, ids=[row[0] for row in USE_CASES])
def test_a_claimed_use_case_has_its_test(number, name, test):
    assert re.fullmatch(r"[A-P]\d\d", number)
    assert name
    assert "assert " in source_of(test)


def test_no_use_case_stands_there_twice():
    numbers = [row[0] for row in USE_CASES + NOT_CLAIMED]
    assert [number for number, times in Counter(numbers).items() if times > 1] == []
    assert list(numbers[: len(USE_CASES)]) == sorted(row[0] for row in USE_CASES)


def test_every_action_of_the_package_stands_there_once():
    assert Counter(row[0] for row in ACTIONS) == Counter(schema_actions())


@pytest.mark.parametrize(("action", "how", "test"), ACTIONS, ids=[row[0] for row in ACTIONS])
def test_an_action_has_its_test(action, how, test):
    source = source_of(test)
    if how == DOES:
        # The test itself speaks of the action, or of the helper that sends it
        helpers = {
            "GetLog": "get_log(", "GetBaseReport": "report(", "GetReport": "report(",
            "SendLocalList": "send(", "SetChargingProfile": "install(", "UpdateFirmware": "update(",
            "SetVariables": "bench.set(", "GetVariables": "bench.value(",
            "SetVariableMonitoring": "watch(", "InstallCertificate": "install(",
            "GetInstalledCertificateIds": "listed(", "CertificateSigned": "signed(",
            "CustomerInformation": "customer(", "TriggerMessage": "trigger(",
            "TransactionEvent": "deliver(", "NotifyReport": "report(", "NotifyEvent": "look(",
            "Heartbeat": "heartbeat(", "SignCertificate": "request(",
        }  # fmt: skip
        assert action in source or helpers[action] in source


async def outcome(action):
    """Code of the CALLERROR, "" when a part answers; what an empty payload lacks does not matter here."""
    try:
        await Bench().station.answer(action, {})
    except CallError as error:
        return error.code
    except KeyError:
        return ""
    return ""


@pytest.mark.parametrize("action", sorted(actions.ALL))
async def test_the_station_answers_as_the_table_says(action):
    how = {row[0]: row[1] for row in ACTIONS}[action]
    is_answered = action in actions.FROM_CENTRAL_SYSTEM and how != NOT_SUPPORTED
    assert await outcome(action) == ("" if is_answered else "NotSupported")
    assert how != NEVER_SENT or action in actions.FROM_STATION
