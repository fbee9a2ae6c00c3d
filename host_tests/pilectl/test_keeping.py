"""Console, logs, backup and restore against a pile's console on a pty."""

import base64
import csv
import io
import json
import stat
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest
from fake_console import FakePile

from evse.core import records
from evse.core.mac import Mac
from pilectl import __main__

KEY = "ab" * 32


def run(capsys, *words):
    status = __main__.main(list(words))
    seen = capsys.readouterr()
    return status, seen.out, seen.err


def journal(fake, *rows):
    """Seal records as the pile does and put them into the fake's journal."""
    link = records.NO_LINK
    for seq, row in enumerate(rows, 1):
        record = {"seq": seq, "boot": 3, "up": 60 * seq, "utc": None, "c": 1, "wh": 1000, **row}
        data = records.encode(record, "ac4e13b5", link, Mac(bytes(32)))
        link = records.tag_of(data)[: records.LINK_BYTES]
        fake.records.append(base64.b64encode(data).decode())
    fake.answers["journal"].update(first=1, next=len(rows) + 1, waiting=len(rows))


def test_logs_are_decoded_over_several_pages(capsys):
    with FakePile() as fake:
        rows = [{"kind": "boot", "c": 0, "wh": None, "utc": 1795000000, "cause": "watchdog"}]
        rows += [
            {"kind": "tx_sample", "tx": 1, "w": 7000 + i, "mv": [220100], "wh": 1000 + i}
            for i in range(6)
        ]
        journal(fake, *rows)
        status, out, _ = run(capsys, "logs", fake.port, "--csv")
        table = list(csv.DictReader(io.StringIO(out)))
        assert status == 0
        assert len([line for line in fake.asked if line.startswith("journal ")]) == 3
        assert [row["number"] for row in table if row["source"] == "record"] == list("1234567")
        assert table[0]["utc"] == "2026-11-18T11:06:40Z"
        assert table[0]["details"] == "cause=watchdog"
        assert table[6]["wh"] == "1005"
        assert table[6]["details"] == "tx=1 w=7005 mv=[220100]"
        assert table[-1]["what"] == "network: Wi-Fi depot"
        status, out, _ = run(capsys, "logs", fake.port)
        assert "7 records wait for the bridge, 1 events since the start." in out


def test_a_damaged_record_is_named_and_ends_with_1(capsys):
    with FakePile() as fake:
        journal(fake, {"kind": "boot"}, {"kind": "boot"})
        broken = bytearray(base64.b64decode(fake.records[1]))
        broken[20] ^= 1
        fake.records[1] = base64.b64encode(broken).decode()
        status, out, err = run(capsys, "logs", fake.port, "--csv")
        assert status == 1
        assert "1 records are damaged" in err
        assert "no whole record" in out


def test_a_backup_without_secrets_comes_back_on_another_pile(tmp_path, capsys):
    file = tmp_path / "kept.json"
    with FakePile() as fake:
        fake.settings.update(station_id="P007", supply_a10=250, key=KEY, wifi_password="hush hush")
        status, out, _ = run(capsys, "backup", fake.port, "-o", str(file))
        assert status == 0
        assert "Left out are the secrets key, wifi_password" in out
    assert KEY not in file.read_text()
    assert "hush" not in file.read_text()
    with FakePile() as fake:
        fake.settings["key"] = KEY
        status, out, _ = run(capsys, "restore", fake.port, str(file))
        assert status == 0
        sets = sorted(line for line in fake.asked if line.startswith("set "))
        assert sets == ['set station_id "P007"', "set supply_a10 250"]
        assert (fake.settings["station_id"], fake.settings["key"], fake.starts) == ("P007", KEY, 1)


def test_secrets_are_kept_when_asked_for_in_a_file_that_nobody_else_can_read(tmp_path, capsys):
    file = tmp_path / "kept.json"
    file.write_text("old")
    file.chmod(0o644)
    with FakePile(tmp_path, code="2468") as fake:
        fake.settings.update(key=KEY, wifi_password="hush hush")
        words = ["backup", fake.port, "-o", str(file), "--with-secrets", "--code", "2468"]
        status, out, _ = run(capsys, *words)
        assert status == 0
        assert "Left out" not in out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = json.loads(file.read_text())["settings"]
    assert (kept["key"], kept["wifi_password"]) == (KEY, "hush hush")
    with FakePile() as fake:
        assert run(capsys, "restore", fake.port, str(file))[0] == 0
        assert fake.settings["key"] == KEY


def test_settings_of_another_version_are_named_one_by_one_and_the_rest_restored(tmp_path, capsys):
    file = tmp_path / "kept.json"
    values = {"old_name": 1, "supply_a10": 5, "pause_min_s": 30, "keepalive_s": 15}
    file.write_text(json.dumps({"firmware": "0.0.9", "table": "0" * 8, "settings": values}))
    with FakePile() as fake:
        status, out, _ = run(capsys, "restore", fake.port, str(file))
        assert status == 1
        assert "of another version of the settings (firmware 0.0.9)" in out
        assert "old_name: this firmware does not know it, it is left out." in out
        assert "supply_a10 = 5: allowed 60..10000 0.1 A" in out
        assert "2 settings restored, 2 not." in out
        assert (fake.settings["pause_min_s"], fake.settings["supply_a10"]) == (30, 10000)


def test_a_list_longer_than_a_line_goes_by_the_file(tmp_path, capsys):
    file = tmp_path / "kept.json"
    cards = [f"{number:08X}" for number in range(0x11110000, 0x11110000 + 40)]
    file.write_text(json.dumps({"table": "", "settings": {"id_tokens": cards, "pause_min_s": 9}}))
    with FakePile(tmp_path) as fake:
        status, out, _ = run(capsys, "restore", fake.port, str(file))
        assert status == 0, out
        assert all(len(line) <= 150 for line in fake.asked)
        assert fake.settings["id_tokens"] == cards
        assert fake.starts == 1


def test_a_charging_pile_is_not_ended_for_its_files(tmp_path, capsys):
    with FakePile(tmp_path) as fake:
        fake.vehicle("C", offered=True)
        words = ["backup", fake.port, "-o", str(tmp_path / "k"), "--with-secrets"]
        status, _, err = run(capsys, *words)
        assert status == 1
        assert "The pile is charging: stop the charge first" in err
        assert not any(line.startswith("maint") for line in fake.asked)


@pytest.mark.parametrize("text", ["nonsense", "[1]", '{"settings": 5}'])
def test_a_file_that_is_no_backup_is_named(text, tmp_path, capsys):
    file = tmp_path / "kept.json"
    file.write_text(text)
    status, _, err = run(capsys, "restore", "/dev/null", str(file))
    assert status == 2
    assert "name a file of `pilectl backup`" in err


def console(port):
    root = Path(__file__).resolve().parents[2]
    path = f"{root / 'firmware'}:{root / 'tools'}"
    command = ["-m", "pilectl", "console", port]
    return pexpect.spawn(sys.executable, command, env={"PYTHONPATH": path}, timeout=10)


def test_the_console_carries_keys_and_lines_and_ctrl_bracket_leaves():
    with FakePile() as fake:
        fake.noise = "[  12 s] 导引 A1\r\n".encode()
        with console(fake.port) as terminal:
            terminal.expect("P001 on /dev/pts/[0-9]+: `help` lists the commands")
            time.sleep(0.3)
            terminal.send("cp\r")
            terminal.expect("导引 A1".encode())
            terminal.expect('"high_mv": 11950')
            terminal.send("\x1d")
            terminal.expect(pexpect.EOF)
        assert terminal.exitstatus == 0
        assert fake.asked[-1] == "cp"


def test_the_console_names_a_silent_port_and_wants_a_terminal(capsys):
    with FakePile() as fake:
        fake.mode = "silent"
        with console(fake.port) as terminal:
            terminal.expect("nothing answers: check that the pile has power")
            terminal.expect(pexpect.EOF)
        assert terminal.exitstatus == 2
    status, _, err = run(capsys, "console", "/dev/null")
    assert status == 2
    assert "The console wants a terminal" in err


def test_text_of_any_kind_arrives_as_it_was_kept(tmp_path, capsys):
    file = tmp_path / "kept.json"
    values = {
        "wifi_ssid": "两个 空",
        "wifi_password": 'a  "b" --json ',
        "site": "",
        "wifi_networks": [["yard", "with space"], ["open", ""]],
    }
    file.write_text(json.dumps({"table": "", "settings": values}))
    with FakePile(tmp_path) as fake:
        fake.settings["site"] = "old"
        status, out, _ = run(capsys, "restore", fake.port, str(file))
        assert status == 0, out
        assert {name: fake.settings[name] for name in values} == values


def test_a_hidden_password_within_a_list_is_never_kept_as_one(tmp_path, capsys):
    file = tmp_path / "kept.json"
    with FakePile() as fake:
        fake.settings["wifi_networks"] = [["yard", "hush hush"]]
        status, out, _ = run(capsys, "backup", fake.port, "-o", str(file))
        assert status == 0
        assert "Left out are the secrets wifi_networks" in out
    assert "hidden" not in file.read_text()


def test_cards_are_checked_without_anything_of_the_simulator(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"id_tokens": ["11223344", "08112233"]}))
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "pilectl", "check-settings", str(file)],
        env={"PYTHONPATH": f"{root / 'firmware'}:{root / 'tools'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "id_tokens = '08112233': allowed up to 50 card numbers" in done.stderr


def test_the_doctor_reads_the_newest_records_and_counts_watchdog_starts(capsys):
    with FakePile() as fake:
        causes = ["power_on"] * 70 + ["watchdog", "power_on", "watchdog"]
        journal(fake, *[{"kind": "boot", "cause": cause} for cause in causes])
        status, out, _ = run(capsys, "doctor", fake.port)
        assert status == 1
        assert "The watchdog restarted the pile" in out
        assert "restarts by the watchdog     2" in out
        assert len([line for line in fake.asked if line.startswith("journal ")]) == 20
