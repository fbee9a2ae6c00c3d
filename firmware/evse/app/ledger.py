"""What the journal says at the start of the pile: how often it started, and which transaction was running."""

from ..core import records


class Ledger:
    """Takes every record in order; then `boot` is the last start, `open` maps a connector to its
    interrupted transaction: a dict with seq, tx, ref, by, meter, start_wh, utc, last_wh, charged, reason ("" unless it was ending).
    """

    def __init__(self):
        self.boot = 0
        self.open = {}
        self.last_wh = {}  # the last register of each connector

    def take(self, data):
        """One record's bytes, in order of sequence."""
        try:
            record = records.decode(data)
        except records.RecordError:
            return
        self.boot = max(self.boot, record["boot"])
        kind, connector = record["kind"], record["c"]
        if connector and record["wh"] is not None:
            self.last_wh[connector] = record["wh"]
        if kind == "tx_start":
            self.open[connector] = {
                "seq": record["seq"],
                "tx": record["tx"],
                "ref": record["ref"],
                "by": record["by"],
                "meter": record.get("meter", ""),
                "start_wh": record["wh"],
                "utc": record["utc"],
                "last_wh": record["wh"],
                "charged": False,
                "reason": "",
            }
        elif kind == "tx_stop":
            self.open.pop(connector, None)
        elif connector in self.open and kind.startswith("tx_"):
            self.open[connector]["last_wh"] = record["wh"]
            if kind == "tx_ending":
                self.open[connector]["reason"] = record["reason"]
            elif kind != "tx_resume":
                # A second loss of power may come before the contactor has closed at all
                self.open[connector]["charged"] = True
