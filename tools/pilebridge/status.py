"""One table from the connector status of a pile to what platforms call it, and one for reasons."""

from pilebridge.model import OFFLINE, ConnectorState

# Our status -> T/CEC 102 Status (0 offline, 1 idle, 2 occupied, 3 charging, 4 reserved, 255 fault)
TCEC_STATUS = {
    OFFLINE: 0,
    "available": 1,
    "preparing": 2,
    "charging": 3,
    "suspended_ev": 2,
    "suspended_evse": 2,
    "finishing": 2,
    "reserved": 4,
    "unavailable": 255,
    "faulted": 255,
}
TCEC_CHARGING = 3

# Stop reason of the journal -> T/CEC 102 StopReason; from 5 on the numbers are ours
TCEC_STOP_REASON = {
    "local": 0,
    "remote": 1,
    "vehicle": 2,
    "fault": 3,
    "unplugged": 4,
    "start_timeout": 5,
    "power_loss": 6,
}
TCEC_STOP_OTHER = 99


def tcec_status(state: ConnectorState) -> int:
    """T/CEC Status; energy offered inside a transaction counts as charging while the car pauses."""
    if state.status == "suspended_ev" and state.tx:
        return TCEC_CHARGING
    return TCEC_STATUS[state.status]
