"""Connector status words from what is plugged, authorised, flowing and wrong."""

from evse.core.charging import A1, B1, B2, C1, C2
from evse.core.connector_status import connector_status
from evse.core.messages import STATUSES
from evse.core.transaction import AUTHORISED, CHARGING, ENDING


def test_rows():
    rows = (
        (A1, None, 32000, False, False, True, "available"),
        (B1, None, 32000, False, False, True, "preparing"),
        (B2, AUTHORISED, 32000, False, False, True, "preparing"),
        (C2, CHARGING, 32000, True, False, True, "charging"),
        (B2, CHARGING, 32000, False, False, True, "suspended_ev"),
        (C2, CHARGING, 32000, False, False, True, "suspended_ev"),
        (B1, CHARGING, 0, False, False, True, "suspended_evse"),
        (C1, CHARGING, 0, True, False, True, "suspended_evse"),
        (C1, ENDING, 32000, True, False, True, "finishing"),
        (A1, ENDING, 32000, False, False, True, "finishing"),
        (C2, CHARGING, 32000, True, True, True, "faulted"),
        (A1, None, 32000, False, False, False, "unavailable"),
    )
    for row in rows:
        assert connector_status(*row[:6]) == row[6], row
        assert row[6] in STATUSES
