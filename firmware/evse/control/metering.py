"""Reads one meter, or several in turn, round and round and hands good readings to the registers. Never blocks."""

import asyncio

from micropython import const

from ..core.readings import CURRENTS, ENERGY, FREQUENCY, POWER, VOLTAGES

_POLL_MS = const(20)
# Where a meter does not say how long its answer may take
_ANSWER_MS = const(700)
# The bus wants silence between an answer and the next request
_PAUSE_MS = const(30)
# What money and protection hang on comes twice
_ROUND = (ENERGY, CURRENTS, VOLTAGES, POWER, ENERGY, CURRENTS, VOLTAGES, FREQUENCY)
_NEEDED = (ENERGY, CURRENTS, VOLTAGES)
_ATTEMPTS = const(3)
# A register this old is asked for before anything else; with several meters it takes longer to come round
_OLD_MS = const(1500)
_OLD_AMONG_MS = const(2500)
# Among several, a meter that left a question open is asked at every so many turns only: waiting for it
# must not make the others old
_REST_TURNS = const(4)


class _Turn:
    """One meter, the register it feeds, and where it is in its round."""

    def __init__(self, meter, register):
        self.meter = meter
        self.register = register
        self.place = 0
        self.attempts = 0
        self.last = ENERGY
        self.silent = 0
        register.wrap_wh = meter.wrap_wh


class Metering:
    """Meters of one bus; `pairs` are (meter, register)."""

    def __init__(self, pairs):
        self.answers = 0
        self.silences = 0
        self._old_ms = _OLD_MS if len(pairs) < 2 else _OLD_AMONG_MS
        self._turns = [_Turn(meter, register) for meter, register in pairs]

    async def run(self):
        """Read for ever; without a meter there is nothing to do."""
        turns = self._turns
        for turn in turns:
            turn.place = turn.attempts = 0
        while turns:
            for turn in turns:
                if len(turns) > 1 and turn.silent % _REST_TURNS:
                    turn.silent += 1
                else:
                    await self._take_turn(turn)

    async def _take_turn(self, turn):
        while _ROUND[turn.place] not in turn.meter.tells:
            turn.place = (turn.place + 1) % len(_ROUND)
        quantity = _ROUND[turn.place]
        is_between = turn.register.age_ms >= self._old_ms and turn.last != ENERGY
        if is_between:
            # After silence the register comes first, and then at every second question
            quantity = ENERGY
        turn.last = quantity
        value = await self._ask(turn, quantity)
        is_known = False
        if value is not None:
            is_known = self._take(turn, quantity, value)
            await asyncio.sleep_ms(_PAUSE_MS)
        if is_between:
            return
        turn.attempts += 1
        if is_known or quantity not in _NEEDED or turn.attempts >= _ATTEMPTS:
            turn.attempts = 0
            turn.place = (turn.place + 1) % len(_ROUND)
        # Else noise must not let it grow old, and what was refused must be judged before it is old: asked
        # again before the others

    async def _ask(self, turn, quantity):
        meter = turn.meter
        value = None
        try:
            meter.request(quantity)
            waited_ms = 0
            while value is None and waited_ms < getattr(meter, "answer_ms", _ANSWER_MS):
                await asyncio.sleep_ms(_POLL_MS)
                waited_ms += _POLL_MS
                value = meter.poll()
        except OSError:
            # A part that fails is silent; that has its own name and reaction
            await asyncio.sleep_ms(_POLL_MS)
        answered = value is not None
        if answered:
            self.answers += 1
            turn.silent = 0
        else:
            self.silences += 1
            turn.silent += 1
        turn.register.heard(answered)
        return value

    def _take(self, turn, quantity, value):
        register, meter = turn.register, turn.meter
        if quantity == ENERGY:
            register.resolution_wh = meter.resolution_wh
            if not register.accept(value, meter.number()):
                return False
            register.frame = meter.frame
        elif quantity == POWER:
            register.w = value
        elif quantity == VOLTAGES:
            register.take_voltages(value)
        elif quantity == FREQUENCY:
            register.take_frequency(value)
        else:
            register.take_currents(value)
        return True
