"""Defects planted in the answers of a healthy pile: each with all that it brings along on a real one."""

NOW_S = 1795000000


def fault(answers, *names):
    """Make faults active, in both places that tell them."""
    answers["status"]["connectors"][0]["faults"] += names
    answers["faults"]["connectors"][0]["active"] += [{"name": name} for name in names]


def active(answers, role):
    """One raw input shows trouble."""
    for row in answers["parts"]["inputs"]:
        if row["role"] == role:
            row["active"] = True


def failed(answers, name, reading):
    """One self-test fails."""
    for row in answers["selftest"]["results"]:
        if row["name"] == name:
            row.update(ok=False, reading=reading)


def offline(answers, link, **net):
    """No link, so no time either."""
    answers["status"].update(link=link, utc_s=None)
    answers["net"].update(
        {"link": "offline", "last_error": "" if link == "offline" else link, **net}
    )
    fault(answers, "clock_unknown")


def meter(answers, **row):
    answers["meter"]["connectors"][0].update(row)


def cp(answers, **row):
    answers["cp"]["connectors"][0].update(row)


def relay(answers, **row):
    answers["relay"]["connectors"][0].update(row)


def wrong_divider(a):
    cp(a, high_mv=10520)
    failed(a, "pilot", "10520 mV")
    fault(a, "pilot_invalid")


def shorted_pilot(a):
    cp(a, state="E", drive="positive", high_mv=20, low_mv=-140)
    failed(a, "pilot", "20 mV")
    fault(a, "pilot_short", "pilot_generator")


def no_negative(a):
    cp(a, state="B1", drive="positive", high_mv=8940, low_mv=-40)
    failed(a, "pilot", "8940 mV")
    fault(a, "pilot_generator", "pilot_diode")


def swapped_wires(a):
    meter(a, wh=None, mv=[], ma=[], chz=0, frame="", last_error="no answer", age_ms=None)
    fault(a, "meter_lost")


def foreign_meter(a):
    said = "answer of meter 000000000012, asked 123456789012"
    meter(a, wh=None, mv=[], chz=0, bad_frames=47, last_error=said, age_ms=None)
    fault(a, "meter_lost")


def noisy_bus(a):
    meter(a, bad_frames=31, last_error="checksum", age_ms=60000)
    fault(a, "meter_lost")


def unfit_meter(a):
    said = "refused: meter_model = dlt645: two of them cannot share the bus"
    a["log"]["events"].append({"up_s": 1, "task": "settings", "what": said})
    meter(a, wh=None, mv=[0], chz=0, bad_frames=None, last_error="no meter", age_ms=90000)
    fault(a, "meter_lost", "settings_invalid")


def dead_monitor(a):
    failed(a, "residual_current", "failed")
    fault(a, "residual_current_test")


def tripped_monitor(a):
    active(a, "residual_current")
    failed(a, "residual_current", "tripped before the test")
    fault(a, "residual_current", "residual_current_test")


def inverted_mirror(a):
    relay(a, closed=True, operations=0)
    failed(a, "contactor", "closed")
    fault(a, "contactor_welded")


def welded(a):
    relay(a, closed=True, operations=812)
    fault(a, "contactor_welded")


def locked_out(a):
    fault(a, "contactor_welded")


def emergency_stop(a):
    active(a, "emergency_stop")
    fault(a, "emergency_stop", "contactor_released")


def pe_lost(a):
    active(a, "pe_lost")
    fault(a, "pe_lost")


def broken_sensor(a):
    a["parts"]["temperature_c10"] = None
    fault(a, "temperature_lost")


def too_hot(a):
    a["parts"]["temperature_c10"] = 812
    fault(a, "over_temperature")


def weak_wifi(a):
    a["net"]["rssi_dbm"] = -88


def wrong_password(a):
    said = "Wi-Fi depot: no handshake: wrong password?"
    offline(a, "offline", up=False, bearer="", rssi_dbm=None, problem=said)


def no_network(a):
    offline(a, "offline", up=False, bearer="", rssi_dbm=None, problem="Wi-Fi depot: not found")


def nothing_set(a):
    a["settings"]["settings"].update(wifi_ssid="", wifi_networks=[])
    offline(a, "offline", bearer="", up=False, rssi_dbm=None)


def wrong_key(a):
    offline(a, "TLS handshake broken off (-30592): check key and port")


def no_key(a):
    said = "key = nothing: without one the broker knows no pile, set the one that the bridge has"
    offline(a, "offline", security_problem=said)
    fault(a, "key_missing")


def no_broker(a):
    offline(a, "no connection to 192.0.2.7:8883")
    a["journal"].update(waiting=3000)
    fault(a, "journal_full")


def wrong_clock(a):
    a["status"]["utc_s"] = NOW_S - 28800


def low_voltage(a):
    meter(a, mv=[171200])
    fault(a, "under_voltage")


def no_partition(a):
    a["journal"].update(problem="journal: the board has no flash for it", capacity=0)
    failed(a, "journal", "no flash")
    fault(a, "journal_failed")


def full_journal(a):
    a["journal"].update(waiting=3000)
    fault(a, "journal_full")


def refused_setting(a):
    a["settings"]["problem"] = "supply_a10 = 5: allowed 60..10000 0.1 A"
    fault(a, "settings_invalid")


def silent_reader(a):
    a["parts"]["reader"] = "no answer"
    fault(a, "reader_failed")


def altered_files(a):
    a["files"] = {
        "board": "devkitc",
        "altered": ["evse/pile.mpy"],
        "missing": [],
        "count": 9,
    }
    fault(a, "task_failed")


def other_board(a):
    a["files"] = {"wanted": "esp32c6", "altered": [], "missing": [], "count": 9}
    swapped_wires(a)
    active(a, "emergency_stop")
    fault(a, "emergency_stop", "temperature_lost")
    a["parts"]["temperature_c10"] = None


def watchdog(a):
    a["records"] = [
        {"kind": "boot", "cause": cause} for cause in ("power_on", "watchdog", "watchdog")
    ]


def little_heap(a):
    a["status"]["heap_free"] = 9000
    a["records"] = [{"kind": "boot", "cause": "watchdog"}]
    failed(a, "memory", "9000")


def stuck_lock(a):
    fault(a, "lock_jam")


# what is planted: the cause that must stand first
DEFECTS = {
    wrong_divider: "pilot_divider",
    shorted_pilot: "fault_pilot_short",
    no_negative: "pilot_no_negative",
    swapped_wires: "meter_silent",
    foreign_meter: "meter_foreign",
    noisy_bus: "meter_noise",
    unfit_meter: "meter_unfit",
    dead_monitor: "rcm_dead",
    tripped_monitor: "rcm_tripped",
    inverted_mirror: "mirror_inverted",
    welded: "contactor_welded",
    locked_out: "welded_lockout",
    emergency_stop: "emergency_stop",
    pe_lost: "pe_lost",
    broken_sensor: "temperature_sensor",
    too_hot: "over_temperature",
    weak_wifi: "wifi_weak",
    wrong_password: "wifi_password",
    no_network: "wifi_not_found",
    nothing_set: "wifi_unset",
    wrong_key: "broker_key",
    no_key: "key_missing",
    no_broker: "broker_unreachable",
    wrong_clock: "clock_wrong",
    low_voltage: "supply_voltage",
    no_partition: "journal_partition",
    full_journal: "journal_full",
    refused_setting: "settings_refused",
    silent_reader: "reader_silent",
    altered_files: "files_altered",
    other_board: "files_other_board",
    watchdog: "watchdog_resets",
    little_heap: "heap_low",
    stuck_lock: "fault_lock_jam",
}
