"""What a process costs: memory in RAM, and how many files it may have open."""

import os
import resource
from pathlib import Path

# Beside one socket for each station: database, libraries, event loop
_OTHER_FILES = 200


def resident_bytes():
    """Memory of this process in RAM."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def stations_allowed(wanted):
    """As many stations as the limit of open files lets one process have; the limit is raised as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        needed = min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return min(wanted, needed - _OTHER_FILES)
