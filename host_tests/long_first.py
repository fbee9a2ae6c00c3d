"""Order of the tests for several workers: what takes longest begins first, so that nobody waits for one at the end."""

# Wait for real time and hardly compute
_WAITING = (
    "end_to_end/test_newcomer_path.py",
    "end_to_end/test_outage.py",
    "end_to_end/test_two_platforms.py",
    "end_to_end/test_demo.py",
    "end_to_end/test_driver_page.py",
    "kills/test_kills.py",
    "serial/test_garbage_on_the_port.py",
    "end_to_end/test_update_over_the_air.py",
    "serial/",
    "bridge/test_rollout",
    "link/test_psk.py::test_a_port_that_accepts",
    "link/test_uplink.py::test_waits_between_attempts",
)
# Compute for many seconds
_COMPUTING = (
    # Builds with a key, for which all tests of updates over a wire would wait
    "update/test_linked.py",
    "linker/test_linked_tree.py",
    "world/test_heap.py",
    "update/test_power_cuts.py",
    "console/test_console_safety.py",
    "conformance/test_conformance.py::test_every_row_keeps",
    "test_board_scenarios.py::test_conformance_rows",
    "test_core_on_micropython.py",
    "bench/test_bench.py",
    "sandbox/test_page.py",
    "ocpp/test_csms_page.py",
    "link/test_psk.py",
    "torture/test_torture.py",
    "properties/test_properties.py",
)


def _rank(nodeid, long):
    name = nodeid.removeprefix("host_tests/")
    return next((rank for rank, begin in enumerate(long) if name.startswith(begin)), len(long))


def in_order(items):
    """The items: waiting and computing ones by turns, so that the cores have work meanwhile, then all others."""
    waiting, computing, others = [], [], []
    for item in items:
        if _rank(item.nodeid, _WAITING) < len(_WAITING):
            waiting.append(item)
        elif _rank(item.nodeid, _COMPUTING) < len(_COMPUTING):
            computing.append(item)
        else:
            others.append(item)
    waiting.sort(key=lambda item: _rank(item.nodeid, _WAITING))
    computing.sort(key=lambda item: _rank(item.nodeid, _COMPUTING))
    ordered = []
    while waiting or computing:
        for long in (waiting, computing):
            if long:
                ordered.append(long.pop(0))
    return ordered + others
