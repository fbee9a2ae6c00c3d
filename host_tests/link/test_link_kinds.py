"""A pile loads the code of its own kind of link alone: the settings choose before anything is energised."""

import subprocess
import sys

import pytest

from rig import ROOT

PATH = ":".join(str(ROOT / name) for name in ("firmware", "tools", "tools/pilesim/hostpy"))
CODE = """
import sys
from pilesim import host
from pilesim.world import World
host.install(World(1))
from evse.link.dialer import build_dialer
settings = dict(broker_host="127.0.0.1", broker_port=1, station_id="P", certificate_pause_s=900)
dialer = build_dialer(dict(settings, link_security=sys.argv[1]), None, None, None, None)
print(type(dialer).__name__, type(dialer.security).__name__)
print(*sorted(name[len("evse.link."):] for name in sys.modules if name.startswith("evse.link.")))
"""


@pytest.mark.parametrize(
    ("kind", "built", "late"),
    [
        ("password", "Dialer Security", []),
        ("psk", "Dialer PreSharedKey", ["encrypted"]),
        (
            "certificate",
            "PausingDialer Certificate",
            ["certificate", "encrypted", "pausing_dialer"],
        ),
    ],
)
def test_each_kind_of_link_loads_its_own_code_alone(kind, built, late):
    ran = subprocess.run(
        [sys.executable, "-c", CODE, kind],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": PATH},
    )
    said, loaded = ran.stdout.splitlines()
    assert said == built
    assert loaded.split() == sorted(["dialer", "secure", *late])
