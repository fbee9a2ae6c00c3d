"""Many OCPP stations of one bridge process that is killed and started again: counted at the central system."""

import collections

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
    assert figures["minimal_values"] == 2 * STATIONS
    assert figures["share_percent"] > 0


def test_tls_does_not_take_the_buffer_that_asyncio_would(tmp_path, record_property):
    # Its own is 256 KiB for each connection
    station_bytes = ocpp_load.tls_bytes(tmp_path, 40)
    record_property("figure", f"OCPP: {station_bytes} bytes for a station over TLS")
    assert 0 < station_bytes < 200_000


def test_the_limit_of_open_files_is_said():
    restart = collections.defaultdict(int)
    figures = collections.defaultdict(int, wanted=5000, restart=restart)
    assert "not 5000" in ocpp_load.lines(figures | {"stations": 900})[0]
    assert "not" not in ocpp_load.lines(figures | {"stations": 5000})[0]
