"""Many OCPP stations of one bridge process that is killed and started again: counted at the central system."""

import ocpp_charges
import ocpp_load

STATIONS, CONNECT_PER_S = 150, 75.0


def test_all_register_again_paced_and_every_fact_comes_once(
    tmp_path, monkeypatch, record_property
):
    monkeypatch.setattr(ocpp_load, "_IDLE_S", 0.1)
    monkeypatch.setattr(ocpp_load, "_VALUES_EACH", 2)
    figures = ocpp_load.measure(tmp_path, STATIONS, CONNECT_PER_S, rounds=1)
    restart = figures["restart"]
    record_property(
        "figure", "OCPP: {queued} facts wait, all told {all_told_s} s later".format(**restart)
    )
    assert figures["stations"] == STATIONS
    assert figures["facts"] == STATIONS * ocpp_charges.FACTS_EACH[0]
    # Each is let in with one connection and one boot notification
    assert restart["booted"] == restart["boots"] == restart["connects"] == STATIONS
    # After a rest 16 go at once; a start of a busy process may hold back the first ones
    paced_s = (STATIONS - 17) / CONNECT_PER_S
    assert restart["let_in_s"] >= paced_s
    assert restart["connects_s"] >= 0.5 * paced_s
    assert restart["queued"] == restart["told"] == STATIONS * ocpp_charges.FACTS_EACH[1]
    assert restart["doubled"] == restart["misplaced"] == restart["given_up"] == 0
    # Rates are for the bench: here other tests run beside
    assert figures["values"] >= 2 * STATIONS
    assert figures["minimal_values"] >= 2 * STATIONS
    assert figures["share_percent"] > 0


def test_the_limit_of_open_files_is_said():
    restart = dict.fromkeys(
        ("queued", "booted", "let_in_s", "told", "all_told_s", "doubled", "cpu_s"), 0
    )
    names = ("station_bytes", "tls_bytes", "minimal_station_bytes", "idle_percent", "values_per_s")
    rates = ("minimal_per_s", "share_percent", "facts_per_s", "connect_per_s")
    figures = {**dict.fromkeys((*names, *rates), 0), "wanted": 5000, "restart": restart}
    assert "not 5000" in ocpp_load.lines({**figures, "stations": 900})[0]
    assert "not" not in ocpp_load.lines({**figures, "stations": 5000})[0]
