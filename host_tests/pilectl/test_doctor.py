"""The doctor finds each planted defect by name, names the root before what follows, and says what to do."""

import copy
import json
import random
import re
import string

import pytest
from console_answers import healthy
from fake_console import FakePile
from planted_defects import (
    DEFECTS,
    NOW_S,
    no_broker,
    no_network,
    unfit_meter,
    wrong_divider,
)

from evse.core import faults
from pilectl import __main__
from pilectl.diagnosis import checks, findings
from pilectl.diagnosis.findings import BAD, WARN
from pilectl.texts import TABLES, Texts, table


def look(*plants):
    answers = healthy(NOW_S)
    answers["records"] = [{"kind": "boot", "cause": "power_on"}]
    for plant in plants:
        plant(answers)
    return checks.look(answers, NOW_S)


def roots(rows):
    return [row.cause for row in rows if row.is_root]


def test_a_pile_that_is_well_has_nothing_to_do():
    rows = look()
    assert checks.is_well(rows)
    assert {row.verdict for row in rows} == {"ok"}
    names = {row.check for row in rows}
    assert {
        "pilot_level",
        "contactor",
        "rcm_test",
        "meter",
        "voltage",
        "network",
        "broker",
    } <= names


@pytest.mark.parametrize("plant", DEFECTS, ids=lambda plant: plant.__name__)
def test_each_planted_defect_is_the_only_root(plant):
    rows = look(plant)
    assert not checks.is_well(rows)
    assert roots(rows)[0] == DEFECTS[plant]
    assert set(roots(rows)) == {DEFECTS[plant]}, [(r.check, r.cause, r.because) for r in rows]
    for language in TABLES:
        assert Texts(language).advice(DEFECTS[plant])[-1] in ".。"


def test_what_follows_is_shown_behind_its_root():
    rows = look(no_broker)
    said = {row.check: row.because for row in rows if row.verdict in (BAD, WARN)}
    assert said == {
        "broker": "",
        "clock": "broker_unreachable",
        "journal": "broker_unreachable",
    }


def test_why_a_meter_could_not_be_built_is_read_from_the_events():
    rows = look(unfit_meter)
    assert rows[0].reading == "meter_model = dlt645: two of them cannot share the bus"


def test_two_defects_are_two_roots_and_a_chain_leads_to_its_beginning():
    rows = look(no_network, wrong_divider)
    assert set(roots(rows)) == {"wifi_not_found", "pilot_divider"}
    assert {row.because for row in rows if row.check in ("broker", "clock")} == {"wifi_not_found"}


def test_every_fault_of_the_table_is_told_by_a_check_or_by_itself():
    for name in faults.NAMES:
        answers = healthy(NOW_S)
        answers["status"]["connectors"][0]["faults"] = [name]
        rows = checks.look(answers, NOW_S)
        if name != "clock_unknown":  # the clock itself speaks for it
            assert not checks.is_well(rows), name


def test_no_answer_at_all_is_no_defect_and_no_crash():
    rows = checks.look({}, NOW_S)
    assert {row.verdict for row in rows} == {"unknown"}


def test_answers_of_any_shape_never_end_the_doctor():
    dice = random.Random(7)
    strange = [None, True, -1, "x", [], {}, [None], [{}], {"error": "busy"}, 2**40]
    for _ in range(300):
        answers = healthy(NOW_S)
        for _ in range(3):
            place = dice.choice([v for v in answers.values() if isinstance(v, dict) and v])
            inner = next((v[0] for v in place.values() if isinstance(v, list) and v), None)
            if isinstance(inner, dict) and inner and dice.random() < 0.6:
                place = inner
            place[dice.choice(list(place))] = dice.choice(strange)
        for row in checks.look(copy.deepcopy(answers), NOW_S):
            assert row.verdict in ("ok", "warn", "bad", "unknown")


def test_both_languages_have_the_same_texts_with_the_same_places():
    english, chinese = TABLES["en"], TABLES["zh"]
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        places = [
            sorted(p[1] for p in string.Formatter().parse(t) if p[1]) for t in (text, chinese[key])
        ]
        assert places[0] == places[1], key
        assert chinese[key].strip(), key
    causes = set(findings.EXPLAINS) | {c for group in findings.EXPLAINS.values() for c in group}
    for cause in causes | set(DEFECTS.values()):
        assert Texts("zh").advice(cause)
    for key in english:
        if key.startswith("do."):
            # One sentence, and no full stop within it
            assert english[key].count(". ") == 0, key
            assert english[key].endswith("."), key


def test_columns_of_chinese_stand_under_each_other():
    lines = table([["检查项", "a"], ["abcdef", "b"], ["很长" * 20, "c"]], 20)
    assert lines[0].startswith("检查项              ")
    assert lines[1][20:].strip() == "b"
    assert lines[2].endswith("..  c")


def run(words, capsys):
    status = __main__.main(words)
    seen = capsys.readouterr()
    return status, seen.out, seen.err


def test_the_command_prints_the_table_and_what_to_do(capsys):
    with FakePile() as fake:
        wrong_divider(fake.answers)
        status, out, _ = run(["doctor", fake.port], capsys)
        assert status == 1
        assert "pilot, positive level" in out
        assert "10.52 V" in out
        assert "1. The pilot's level belongs to no state" in out
        assert "pilot line: follows from 1" in out
        assert all(len(line) < 130 for line in out.splitlines())
        status, out, _ = run(["doctor", fake.port, "--lang", "zh"], capsys)
        assert "1. 导引电平不属于任何状态" in out
        status, out, _ = run(["doctor", fake.port, "--json"], capsys)
        found = json.loads(out)
        assert found["rows"][0]["cause"] == "pilot_divider"
        assert found["ok"] is False


def test_readings_in_words_are_chinese_too(capsys):
    with FakePile() as fake:
        _, out, _ = run(["doctor", fake.port, "--lang", "zh"], capsys)
    words = set(re.findall("[a-z]{3,}", out)) - {"dlt", "depot"}
    assert words <= {"deg"}, out


def test_a_healthy_pile_ends_with_0_and_a_missing_port_with_2(capsys):
    with FakePile() as fake:
        status, out, _ = run(["doctor", fake.port], capsys)
        assert (status, out.splitlines()[-1]) == (0, "Nothing is wrong with P001.")
    status, out, err = run(["doctor", "/dev/ttyUSB99"], capsys)
    assert (status, out) == (2, "")
    assert err.startswith("pilectl: /dev/ttyUSB99: there is no such port")


def test_files_on_the_pile_are_compared_with_their_manifest(tmp_path, capsys):
    (tmp_path / "a.mpy").write_bytes(b"as built")
    (tmp_path / "b.mpy").write_bytes(b"altered")
    digest = "66c6ea0ba4ad9ed12cf60cc5f1c1ba0e0a8e2f36fbcd5ea4af09a0fe36ef0b4b"
    rows = {"a.mpy": sha(b"as built"), "b.mpy": digest, "c.mpy": digest}
    (tmp_path / "manifest.json").write_text(json.dumps({"board": "devkitc", "files": rows}))
    with FakePile(tmp_path) as fake:
        status, out, _ = run(["doctor", fake.port, "--files"], capsys)
        assert status == 1
        assert "b.mpy, c.mpy" in out
        assert "Files on the pile are not what was built: flash the pile again." in out
        status, out, _ = run(["doctor", fake.port, "--board", "esp32c6"], capsys)
        assert "1. The firmware is that of another board" in out
        assert fake.starts == 1


def sha(data):
    import hashlib

    return hashlib.sha256(data).hexdigest()


def test_inputs_and_network_are_known_by_their_other_names_too():
    answers = healthy(NOW_S)
    answers["parts"]["inputs"] = [{"id": 1, "role": "pe_monitor", "active": True}]
    answers["net"].update(bearer="wifi", ssid="depot", rssi_dbm=-90)
    assert roots(checks.look(answers, NOW_S)) == ["pe_lost", "wifi_weak"]


def test_a_charging_pile_without_its_console_tells_its_faults_and_is_not_ended(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("pilectl.port.pile_port.ANSWER_S", 1)
    with FakePile(tmp_path) as fake:
        fake.mode = "energised"
        status, out, _ = run(["doctor", fake.port], capsys)
        assert status == 1
        assert "While the pile charges part of it cannot be looked at" in out
        assert "The pile does not know the time" in out
        status, _, err = run(["backup", fake.port, "-o", str(tmp_path / "k")], capsys)
        assert status == 1
        assert "stop the charge, or wait, then try again" in err
        assert {line.split()[0] for line in fake.asked} == {"status"}


def test_a_fault_whose_cause_is_gone_warns_and_stands_behind_one_that_is_there():
    answers = healthy(NOW_S)
    names = ("emergency_stop", "residual_current", "frequency")
    answers["faults"]["connectors"][0]["active"] = [{"name": name} for name in names]
    answers["meter"]["connectors"][0].update(wh=None, age_ms=None)
    rows = checks.look(answers, NOW_S)
    assert roots(rows)[0] == "meter_silent"
    warned = {row.check: row.reading for row in rows if row.verdict == WARN}
    assert warned["emergency_stop"] == "inactive again"
    assert warned["rcm_trip"] == "quiet again"
