"""Settings of the bridge for a run: the example's, with a pile of three phases, short waits and a central system."""

from pathlib import Path

from pilebridge import config

from . import central

_CHANGES = (
    ("rated_a = 32\n", "rated_a = 63\nphases = 3\n"),
    ("power_kw = 7.0", "power_kw = 42.0"),
    ("start = true", "start = false"),
    (
        'tariff = "day and night"\n',
        'tariff = "day and night"\nretry_max_s = 4\nstatus_interval_s = 20\n',
    ),
)


_CENTRAL = """
[[platform]]
kind = "ocpp"
name = "%s"
url = "%s"
versions = ["%s"]
call_timeout_s = %g
retry_max_s = 4
ping_interval_s = 10
"""


def bridge_settings(version):
    """TOML text; `version` of OCPP is what the central system speaks, "" without one."""
    text = Path(config.__file__).with_name("example.toml").read_text("utf-8")
    for old, new in _CHANGES:
        if old not in text:
            raise ValueError("the example has no %r" % old)
        text = text.replace(old, new)
    if version:
        text += _CENTRAL % (central.NAME, central.URL, version, central.CALL_TIMEOUT_S)
    return text
