"""MeterValues that no transaction message carries: by the clock, and because they were asked for."""

import asyncio
import logging
import uuid
from dataclasses import replace

from pilebridge.model import OFFLINE, Connector
from pilebridge.platforms.ocpp.context import CallError, ChargerContext, NotDeliveredError
from pilebridge.platforms.ocpp.v16 import meter_values
from pilebridge.platforms.ocpp.v16.configuration import Configuration
from pilebridge.platforms.ocpp.v16.open_books import OpenBooks

log = logging.getLogger(__name__)

_DAY_S = 86400
# The run that reports of each station: a handler lasts as long as its connection, and there is one report
_runs: dict[tuple[str, str], str] = {}


class MeterReports:
    """Values of now from the live state; a charge of another platform is told without a transactionId."""

    def __init__(
        self, context: ChargerContext, configuration: Configuration, books: OpenBooks
    ) -> None:
        self._context = context
        self._configuration = configuration
        self._books = books

    def start(self) -> None:
        """Report by the clock from now on, in the interval that holds now; an earlier report of this station ends."""
        run = uuid.uuid4().hex
        _runs[self._context.identity, self._context.services.pile] = run
        interval_s = self._configuration.number("ClockAlignedDataInterval")
        if interval_s:
            self._context.later(self._by_the_clock(run, interval_s))

    async def _by_the_clock(self, run: str, interval_s: int) -> None:
        """Report at each multiple of the interval since midnight UTC."""
        place = (self._context.identity, self._context.services.pile)
        while True:
            now = self._context.clock()
            midnight = now - now % _DAY_S
            due = min(midnight + (now % _DAY_S // interval_s + 1) * interval_s, midnight + _DAY_S)
            await asyncio.sleep(due - now)
            if _runs.get(place) != run:
                return
            # The two clocks are not the same one
            if self._context.clock() >= due:
                await self._aligned(int(due))

    async def on_trigger(self, number: int | None) -> None:
        """Report a connector, or all, because it was asked for."""
        await self._context.services.report()
        wanted = self._configuration.measurands("MeterValuesSampledData")
        now = int(self._context.clock())
        for connector in self._context.services.connectors:
            if number in {None, 0, connector.number}:
                await self._send(connector, now, wanted, meter_values.TRIGGER)

    async def _aligned(self, utc: int) -> None:
        wanted = self._configuration.measurands("MeterValuesAlignedData")
        for connector in self._context.services.connectors:
            try:
                await self._send(connector, utc, wanted, meter_values.CLOCK)
            except (CallError, NotDeliveredError) as error:
                log.info("ocpp %s: MeterValues: %s", self._context.identity, error)

    async def _send(self, connector: Connector, utc: int, wanted: list[str], context: str) -> None:
        state = self._context.services.state(connector.number)
        if state.status == OFFLINE:
            # What it said last is not what it measures now
            return
        sample = meter_values.live(state, connector, utc)
        if sample.wh is not None:
            sample = replace(sample, wh=self._books.not_back(state.tx, sample.wh))
        number = self._books.number(state.tx) if state.tx else None
        aligned = number is not None and context == meter_values.CLOCK
        if aligned and self._configuration.measurands("StopTxnAlignedData"):
            await self._books.note(state.tx, sample, context)
        value = meter_values.meter_value(sample, connector, wanted, context)
        if value is None:
            return
        payload = {"connectorId": connector.number, "meterValue": [value]}
        if number is not None:
            payload["transactionId"] = number
        await self._context.call("MeterValues", payload)
