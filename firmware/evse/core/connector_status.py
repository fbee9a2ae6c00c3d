"""Connector status in OCPP 1.6 terms, from what is plugged, authorised, flowing and wrong."""

from .charging import A1, A2, C2, D2, E, F
from .transaction import AUTHORISED, CHARGING


def connector_status(state, phase, offered, closed, faulted, in_service):
    """Status name; `phase` is the transaction's phase or None, `offered` any current that the vehicle may
    draw now, `faulted` any fault above WARN."""
    if faulted:
        return "faulted"
    if not in_service:
        return "unavailable"
    if phase == AUTHORISED:
        return "preparing"
    if phase == CHARGING:
        if closed and state in (C2, D2):
            return "charging"
        return "suspended_ev" if offered else "suspended_evse"
    if state in (A1, A2, E, F) and phase is None:
        return "available"
    # A vehicle is plugged without a transaction, or the transaction is ending or over
    return "preparing" if phase is None else "finishing"
