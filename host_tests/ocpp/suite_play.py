"""All scenarios, and one of them played for the table at the end of the run."""

import pytest
import suite_charging  # noqa: F401
import suite_offline  # noqa: F401
import suite_remote  # noqa: F401
import suite_station  # noqa: F401
from suite_bench import run
from suite_registry import V16, rows

each_scenario = pytest.mark.parametrize(
    ("version", "entry"),
    [pytest.param(version, entry, id=f"{version}-{entry.name}") for version, entry in rows()],
)


def play(entry, version, server, folder, record_property):
    """The central system after a scenario, of whose frames none was wrong; the table learns what it shows."""
    record_property("suite", (version, entry.name, server))
    central = run(entry, version, server, folder)
    record_property("frames", dict(central.frames()))
    faults = central.faults()
    assert not faults, faults
    # A message that is claimed was there
    assert version != V16 or set(entry.v16) <= central.exchanged()
