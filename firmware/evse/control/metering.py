"""Reads the meter round and round and hands good readings to the register. Never blocks."""

import asyncio

from ..core import dlt645

_POLL_MS = 20
_ANSWER_MS = 700
# The bus wants silence between an answer and the next request
_PAUSE_MS = 30
# What money and protection hang on comes twice
_ROUND = (
    dlt645.ENERGY_IMPORT,
    dlt645.CURRENT_A,
    dlt645.VOLTAGE_A,
    dlt645.POWER,
    dlt645.ENERGY_IMPORT,
    dlt645.CURRENT_A,
    dlt645.VOLTAGE_A,
    dlt645.FREQUENCY,
)
_NEEDED = (dlt645.ENERGY_IMPORT, dlt645.CURRENT_A, dlt645.VOLTAGE_A)
_ATTEMPTS = 3
_WH_PER_UNIT = 10


class Metering:
    """One DL/T 645 meter and the register it feeds."""

    def __init__(self, meter, register):
        self.answers = 0
        self.silences = 0
        self._meter = meter
        self._register = register

    async def run(self):
        """Read for ever."""
        while True:
            for identifier in _ROUND:
                value = await self._ask(identifier)
                attempts = _ATTEMPTS if identifier in _NEEDED else 1
                while value is None and attempts > 1:
                    # Noise must not let it grow old: asked again before the others
                    attempts -= 1
                    value = await self._ask(identifier)
                if value is not None:
                    self._take(identifier, value)
                await asyncio.sleep_ms(_PAUSE_MS)

    async def _ask(self, identifier):
        self._meter.request(identifier)
        for _ in range(_ANSWER_MS // _POLL_MS):
            await asyncio.sleep_ms(_POLL_MS)
            value = self._meter.poll()
            if value is not None:
                self.answers += 1
                self._register.heard(True)
                return value
        self.silences += 1
        self._register.heard(False)
        return None

    def _take(self, identifier, value):
        register = self._register
        if identifier == dlt645.ENERGY_IMPORT:
            if register.accept(value * _WH_PER_UNIT):
                register.number = self._meter.number()
        elif identifier == dlt645.POWER:
            register.w = (value + 5) // 10
        elif identifier == dlt645.VOLTAGE_A:
            register.take_voltages((value * 100,))
        elif identifier == dlt645.FREQUENCY:
            register.take_frequency(value)
        else:
            register.take_currents((abs(value),))
