"""The text file about a pile that a central system may fetch: its state, or the station's security events."""

import json
from typing import Any

from pilebridge.platforms.ocpp.context import ChargerContext
from pilebridge.platforms.ocpp.v16.configuration import Configuration
from pilebridge.platforms.ocpp.v16.keys import TABLE
from pilebridge.platforms.ocpp.v16.times import to_text

SECURITY_LOG = "security_log"
_MOST_EVENTS = 200


async def note_security_event(context: ChargerContext, kind: str, utc: int, text: str) -> None:
    """Keep a security event for the log; the oldest make room."""
    rows, row = context.values.get(SECURITY_LOG, []), [utc, kind, text]
    # One that could not be told comes again
    if row not in rows:
        await context.values.set(SECURITY_LOG, [*rows, row][-_MOST_EVENTS:])


def security_log(context: ChargerContext, oldest_utc: int, latest_utc: int) -> str:
    """The security events between two moments, one a line."""
    rows: list[list[Any]] = context.values.get(SECURITY_LOG, [])
    lines = [
        f"{to_text(utc)} {kind} {text}".rstrip()
        for utc, kind, text in rows
        if oldest_utc <= utc <= latest_utc
    ]
    return "\n".join([f"{context.identity}: {len(lines)} security events", *lines]) + "\n"


def diagnostics(context: ChargerContext, configuration: Configuration) -> str:
    """What the bridge knows of a pile now."""
    services = context.services
    now = int(context.clock())
    lines = [
        f"station {context.identity}, pile {services.pile}, {to_text(now)}",
        f"pile reachable: {services.reachable}",
        f"hello: {json.dumps(services.hello, ensure_ascii=False, sort_keys=True)}",
    ]
    for connector in services.connectors:
        state = services.state(connector.number)
        faults = " ".join(state.faults) or "none"
        pilot, limit = state.cp or "unknown", state.limit_by or "rating"
        lines += [
            f"connector {connector.number}: {state.status}, pilot {pilot}, faults: {faults}",
            f"  limit {state.limit_a10 / 10} A by {limit}",
            f"  register {state.wh} Wh, {state.w} W, {list(state.mv)} mV, {list(state.ma)} mA",
            f"  sampled {to_text(state.sampled_utc)}, transaction {state.tx or 'none'}",
        ]
    lines += [
        f"open transaction {each.tx}: connector {each.connector}, id {each.transaction_id or 'none'}"
        for each in context.transactions()
    ]
    lines += [
        f"profile {each.id}: connector {each.connector}, {each.purpose}, level {each.stack}"
        for each in services.profiles()
    ]
    lines.append(
        f"local list: version {services.token_version()}, {len(services.tokens())} entries"
    )
    secret = {"AuthorizationKey"}
    lines += [
        f"{key.name} = {configuration.text(key.name)}" for key in TABLE if key.name not in secret
    ]
    return "\n".join(lines) + "\n"
