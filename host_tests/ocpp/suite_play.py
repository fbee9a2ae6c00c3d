"""All scenarios, and one of them played for the table at the end of the run."""

import suite_charging  # noqa: F401
import suite_offline  # noqa: F401
import suite_remote  # noqa: F401
import suite_station  # noqa: F401
from suite_bench import run


def play(entry, version, server, folder, record_property):
    """The central system after a scenario; the table learns what it shows."""
    record_property("suite", (version, entry.name))
    return run(entry, version, server, folder)
