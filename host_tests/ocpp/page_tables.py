"""The tables of docs/ocpp.md, made from the bridge's own."""

from use_cases_v201 import ACTIONS, DOES, NEVER_SENT, NOT_CLAIMED

from evse.core.messages import STOP_REASONS
from pilebridge.platforms.ocpp.v16 import keys, statuses, transactions
from pilebridge.platforms.ocpp.v201 import pile_rows, service_rows, standard_rows, words
from pilebridge.platforms.ocpp.v201.transaction_events import STOPPED
from pilebridge.platforms.ocpp.v201.variable_rows import READ_ONLY, Setting
from pilebridge.status import TCEC_STATUS, TCEC_STOP_OTHER, TCEC_STOP_REASON

_ALLOWED = {
    keys.FLAG: "true, false",
    keys.MEASURANDS: "a list of measurands",
    keys.ROTATION: "the order of each connector",
    keys.SECRET: "32..40 hex digits",
}


def table(head, rows):
    lines = [" | ".join(str(cell) for cell in row) for row in (head, *rows)]
    lines.insert(1, "|".join(["---"] * len(head)))
    return "\n".join(f"|{line}|" if line.startswith("---") else f"| {line} |" for line in lines)


def status_table():
    rows = [
        (
            f"`{name}`",
            told,
            words.STATUS[name],
            words.CHARGING_STATE.get(name, "-"),
            TCEC_STATUS[name],
        )
        for name, told in statuses.STATUS.items()
    ]
    head = ("pile", "1.6 status", "2.0.1 connectorStatus", "2.0.1 chargingState", "T/CEC 102")
    return table(head, rows)


def reason_table():
    rows = [
        (
            f"`{name}`",
            "by the fault" if name == "fault" else transactions.stop_reason(name, ""),
            *(("by the fault", "AbnormalCondition") if name == "fault" else STOPPED[name]),
            TCEC_STOP_REASON.get(name, TCEC_STOP_OTHER),
        )
        for name in STOP_REASONS
    ]
    head = ("journal", "1.6 reason", "2.0.1 stoppedReason", "2.0.1 triggerReason", "T/CEC 102")
    return table(head, rows)


def key_table():
    rows = []
    for key in keys.TABLE:
        if key.read_only:
            allowed = "read only"
        elif key.kind == keys.NUMBER:
            allowed = f"{'0, ' if key.zero else ''}{key.low}..{key.high}"
        else:
            allowed = _ALLOWED.get(key.kind) or f"up to {key.high} characters"
        at = f"`{key.setting}` of the pile" if key.setting else "bridge"
        rows.append((f"`{key.name}`", key.default or "-", allowed, at))
    return table(("key", "first value", "allowed", "kept"), rows)


def variable_table():
    rows = []
    for row in (*standard_rows.ROWS, *service_rows.ROWS, *pile_rows.setting_rows()):
        if row.mutability == READ_ONLY:
            continue
        name = f"{row.component}.{row.variable}" + (f" ({row.instance})" if row.instance else "")
        if row.choices:
            allowed = "of those it names" if len(row.choices) > 4 else ", ".join(row.choices)
        elif row.lowest is None and row.highest is None:
            allowed = row.data_type
        else:
            bounds = f"{row.lowest}..{row.highest}"
            allowed = f"up to {row.highest}" if row.lowest is None else bounds
            allowed += " characters" if row.data_type in {"string", "passwordString"} else ""
        home = row.home
        at = f"`{home.key}` of the pile" if isinstance(home, Setting) else "bridge"
        rows.append(
            (f"`{name}`", allowed, at + (", from the next start on" if row.reboot else ""))
        )
    return table(("variable", "allowed", "kept"), rows)


def left_out_table():
    return table(("2.0.1", "use case", "instead"), NOT_CLAIMED)


def refused_table():
    rows = [(f"`{name}`", how) for name, how, _test in ACTIONS if how not in {DOES, NEVER_SENT}]
    return table(("2.0.1 call", "answered"), rows)


TABLES = (status_table, reason_table, key_table, variable_table, left_out_table, refused_table)
