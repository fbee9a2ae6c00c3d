"""Settings: what is accepted, and the sentence for what is not."""

from evse.core import settings


def test_defaults_satisfy_their_own_table():
    values = settings.defaults()
    for row in settings.TABLE:
        assert settings.problem(row, values[row[0]]) is None, row[0]


def test_good_entries_are_merged():
    good = {
        "sample_interval_s": 10,
        "key": "0aF" * 21 + "1",
        "ntp_host": "",
        "link_security": "password",
    }
    values, problems = settings.merge(good, settings.defaults())
    assert problems == []
    for key, value in good.items():
        assert values[key] == value


def test_refusals_name_key_value_and_allowed_range():
    rows = (
        ({"sample_interval_s": 99999}, "sample_interval_s = 99999: allowed 5..900 s"),
        ({"sample_interval_s": "10"}, "sample_interval_s = '10': allowed 5..900 s"),
        ({"sample_interval_s": True}, "sample_interval_s = True: allowed 5..900 s"),
        ({"ventilated": 1}, "ventilated = 1: allowed true, false"),
        (
            {"profile": "j1"},
            "profile = 'j1': allowed gbt_18487_1_2015, gbt_18487_1_2023, iec_61851_1_2017, sae_j1772",
        ),
        ({"meter_address": "12"}, "meter_address = '12': allowed 12 digits, or 12 times A"),
        ({"station_id": "a/b"}, "station_id = 'a/b': allowed 0..20 letters, digits, - and _"),
        ({"site": "+"}, "site = '+': allowed 0..32 letters, digits, - and _"),
        (
            {"broker_host": "1.2.3.256"},
            "broker_host = '1.2.3.256': allowed an IPv4 address or a host name",
        ),
        ({"wifi_password": 5}, "wifi_password = (hidden): allowed text of 0..63 characters"),
        ({"key": "12"}, "key = (hidden): allowed 64 hex digits"),
        ({"key": "g" * 64}, "key = (hidden): allowed 64 hex digits"),
        (
            {"link_security": "none"},
            "link_security = 'none': allowed psk, certificate, password",
        ),
        (
            {"ntp_host": "a b"},
            "ntp_host = 'a b': allowed an IPv4 address, a host name or nothing",
        ),
        (
            {"dns_server": "ns.example"},
            "dns_server = 'ns.example': allowed an IPv4 address or nothing",
        ),
        (
            {"wifi_ssid": "\u5145\u7535\u6869" * 4},
            "wifi_ssid = %s: allowed text of 0..32 bytes" % repr("\u5145\u7535\u6869" * 4)[:24],
        ),
        ({"limt": 5}, "limt: unknown key, known are station_id, site, profile .."),
        ([], "settings: [], expected one JSON object"),
    )
    for wanted, sentence in rows:
        values, problems = settings.merge(wanted, settings.defaults())
        assert problems == [sentence], problems
        assert values == settings.defaults()


def test_hosts():
    row = next(row for row in settings.TABLE if row[0] == "broker_host")
    good = (
        "10.0.0.1",
        "mq.example",
        "broker",
        "Mq-1.eu_2.example.com",
        "1.pool.ntp.org",
        "a" * 63,
    )
    for host in good:
        assert settings.problem(row, host) is None, host
    bad = (
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a" * 64,
        "a b",
        "mq/x",
        "10.0.0",
        "1.2.3.4.5",
        "mq.7",
        "[::1]",
    )
    for host in bad + ("\u6869.cn", ".".join(["a" * 63] * 4), 5, None, b"mq"):
        assert settings.problem(row, host), host


NETWORKS = ": allowed up to 4 of [name of 1..32 bytes, password of 8..63 characters or none]"


def test_networks():
    good = [["home", "12345678"], ["open", ""], ["\u5145\u7535", "x" * 63]]
    values, problems = settings.merge({"wifi_networks": good}, settings.defaults())
    assert problems == [] and values["wifi_networks"] == good
    rows = (
        (5, " = 5"),
        ("home", " = 'home'"),
        ([["a", ""]] * 5, " = 5 entries"),
        ([["home", "12345678"], ["depot", "short"]], "[1] = ['depot', (hidden)]"),
        ([["depot", "x" * 64]], "[0] = ['depot', (hidden)]"),
        ([["", "12345678"]], "[0] = ['', (hidden)]"),
        ([["depot", 12345678]], "[0] = ['depot', (hidden)]"),
        ([["depot", "12345678", 1]], "[0] = ['depot', (hidden)]"),
        ([[5, "12345678"]], "[0] = [5, (hidden)]"),
        ([["\u5145" * 11, "12345678"]], "[0] = [%s, (hidden)]" % repr("\u5145" * 11)[:24]),
        ([[]], "[0] = []"),
        (["home"], "[0] = 'home'"),
        ([None], "[0] = None"),
    )
    for value, said in rows:
        values, problems = settings.merge({"wifi_networks": value}, settings.defaults())
        assert problems == ["wifi_networks" + said + NETWORKS], problems
        assert values == settings.defaults()


def test_good_entries_survive_beside_a_bad_one():
    values, problems = settings.merge({"site": "x", "broker_port": 0}, settings.defaults())
    assert values["site"] == "x" and values["broker_port"] == 8883 and len(problems) == 1


def test_card_that_is_refused_is_named_alone():
    for cards, shown in ((["04A1B2C3", "0804"], "'0804'"), (["04A1B2C3"] * 51, "51 entries")):
        _values, problems = settings.merge({"id_tokens": cards}, settings.defaults())
        assert len(problems) == 1
        assert problems[0].startswith("id_tokens = %s: allowed up to 50 " % shown), problems
