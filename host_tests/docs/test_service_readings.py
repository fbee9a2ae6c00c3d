"""The readings that the service manual calls proof are what the simulated pile shows for that defect."""

import pytest
from played_pile import play

from interpreters import ROOT

SERVICE = ROOT / "docs" / "service"
CHARGE = "plug; run 2s; type tx start; wait charging within 20s; "
# Page, what it says of the reading; board, defect, what is asked; lines that must be shown, in their order
READINGS = (
    ("contactor.md", "`operations` 0: its coil was not on", "devkitc", "fault mirror_broken on; run 3s; type relay",
     ("1   yes     no         0 ",)),
    ("contactor.md", "`contactor_no_close`, no click", "devkitc", "fault coil_lost on; plug; run 2s; type tx start; run 8s; type why",
     ("1   fault  The fault contactor_no_close",)),
    ("contactor.md", "`contactor_released` in a charge", "devkitc", CHARGE + "fault coil_lost on; run 5s; type why",
     ("1   fault  The fault contactor_released",)),
    ("does-not-charge.md", "`parts` shows `emergency_stop` active", "devkitc", "fault emergency_stop on; run 1s; type parts",
     ("1   emergency_stop    yes",)),
    ("residual-current.md", "`selftest`: `failed`", "devkitc", "fault rcm_dead on; type selftest; run 10s; type parts",
     ("residual_current  failed", "test_passed      no")),
    ("residual-current.md", "`pe_lost`, breaker on", "devkitc", "fault pe_lost on; run 1s; type parts", ("1   pe_lost           yes",)),
    ("pilot-and-plug.md", "`pilot_short`, 0 V", "devkitc", "fault cp_short on; run 2s; type cp", ("1   E      0.",)),
    ("pilot-and-plug.md", "`low_mv` near -8.76 V", "devkitc", "fault diode_missing on; plug; run 2s; type tx start; run 5s; type cp",
     ("fault pilot_diode", "8.76 V   -8.76 V")),
    ("pilot-and-plug.md", "such as 7.32 V", "devkitc", "fault leak on; plug; run 3s; type cp", ("fault pilot_invalid", "1   E      7.3")),
    ("pilot-and-plug.md", "`cable_invalid`", "smartevse_v3", "fault pp_short on; plug; run 3s; type why",
     ("1   fault  The fault cable_invalid",)),
    ("pilot-and-plug.md", "`lock_jam` with the plug home", "devkitc_socket", "fault lock_wire on; plug; run 2s; type tx start; run 8s; type why",
     ("1   fault  The fault lock_jam",)),
    ("meter.md", "`age_ms` grows, `bad_frames` 0", "devkitc", "fault silent on; run 9s; type meter",
     ("fault meter_lost", "age_ms      9", "bad_frames  0", "problem     -")),
    ("meter.md", "`answer of meter .., asked ..`", "devkitc", "fault wrong_address on; run 9s; type meter", ("last_error  answer of meter 0",)),
    ("meter.md", "`last_error`: `checksum`", "devkitc", "fault noisy on; run 9s; type meter", ("last_error  checksum",)),
    ("meter.md", "`meter register: A -> B Wh`", "devkitc", "plug; run 2s; fault step_back on; run 5s; type meter",
     ("fault meter_implausible", "problem     meter register: 1234560 -> 12")),
    ("stops-in-the-middle.md", "below 187 V", "devkitc", CHARGE + "voltage 186; run 9s; type meter", ("fault under_voltage", "mv          186.")),
    ("stops-in-the-middle.md", "above 253 V", "devkitc", CHARGE + "voltage 254; run 9s; type meter", ("fault over_voltage", "mv          254.")),
    ("stops-in-the-middle.md", "`parts` shows `mains_lost` active", "devkitc_socket", CHARGE + "mains off; run 2s; type parts",
     ("fault mains_lost", "1   mains_lost        yes")),
    ("stops-in-the-middle.md", "`relay`: `late_us` above 30000", "devkitc", CHARGE + "freeze 60ms; run 3s; type relay",
     ("fault tick_late", "1   no      no         1           1       5")),
    ("hot.md", "`temperature_c10` is `-`", "devkitc", "fault ntc_open on; run 4s; type parts", ("fault temperature_lost", "temperature_c10  -")),
    ("card-refused.md", "`reader` says how", "devkitc", "fault rfid_silent on; run 5s; type parts", ("fault reader_failed", "reader           card reader: ")),
    ("journal.md", "`journal_failed`, another `problem`", "devkitc", "fault flash_fail on; plug; run 2s; type tx start; run 2s; type journal",
     ("fault journal_failed", "problem   journal: [Errno 5]")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("page", "said", "board", "words", "wanted"), READINGS, ids=[row[1] for row in READINGS]
)
def test_a_reading_proves_its_cause(tmp_path, page, said, board, words, wanted):
    assert said in (SERVICE / page).read_text(encoding="utf-8")
    shown = play(tmp_path, f"run 6s; {words}; run 2s; quit", board)
    at = 0
    for text in wanted:
        found = [place for place in range(at, len(shown)) if text in shown[place]]
        assert found, (text, shown[at:])
        at = found[0]


def test_a_pile_without_a_key_says_so(tmp_path):
    assert "`security_problem`: `key = nothing`" in (SERVICE / "offline.md").read_text("utf-8")
    shown = play(tmp_path, "run 6s; type net; run 2s; type why; run 2s; quit", settings="{}")
    assert any(line.startswith("security_problem  key = nothing") for line in shown)
    assert any(line.startswith("1   no_key  ") for line in shown)


def test_a_refused_setting_is_named_with_its_range(tmp_path):
    said = "`settings`: `problem` names key and allowed range"
    assert said in (SERVICE / "after-an-update.md").read_text("utf-8")
    settings = '{"meter_interval_s": 9999}'
    shown = play(tmp_path, "run 6s; type settings; run 2s; quit", settings=settings)
    assert "problem  meter_interval_s = 9999: allowed 1..300 s" in shown
