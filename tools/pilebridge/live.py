"""The live state of a connector, from what its pile says piece by piece."""

from pilebridge.model import Connector, ConnectorState
from pilebridge.wire import ConnectorReport


def next_state(
    old: ConnectorState, report: ConnectorReport, connector: Connector, ref: str, utc: int
) -> ConnectorState:
    """The state behind a report of `utc`; what it leaves out is as it was, within one transaction."""
    same_tx = (report.tx or "") == old.tx
    limit_a10 = report.limit_a10
    return ConnectorState(
        status=report.status,
        cp=report.cp,
        faults=tuple(report.faults),
        limit_a10=connector.rated_a10 if limit_a10 is None else limit_a10,
        limit_by=report.limit_by,
        tx=report.tx or "",
        ref=ref,
        w=(old.w if same_tx else 0) if report.w is None else report.w,
        wh=old.wh if report.wh is None else report.wh,
        mv=old.mv if same_tx else (),
        ma=old.ma if same_tx else (),
        sampled_utc=old.sampled_utc if report.wh is None else utc,
        said_utc=utc,
    )
