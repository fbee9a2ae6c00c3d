"""Leads through a commissioning: asks the person, waits for the pilot, reads what the pile measures."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from evse.core import pilot_profiles

from ..diagnosis import checks, collecting
from ..port.pile_port import PilePort, RefusedError
from ..port.port_error import PortError
from ..texts import Texts
from .commission_steps import (
    DOCTOR,
    FAIL,
    NUMBER,
    PASS,
    SKIPPED,
    STATE,
    TEXT,
    YES,
    Measured,
    Step,
    allowed_number,
    connector_steps,
    is_reached,
    judge_number,
    judge_state,
    judge_voltage,
    station_steps,
)
from .report_page import Report

_LOOK_S = 0.4
_SKIP = ("s", "skip")
_YES = ("y", "yes", "j", "是", "true")


class Person:
    """Who answers: `answers` by step, or without them whoever reads `say` and types into `read`."""

    def __init__(
        self,
        say: Callable[[str], None],
        read: Callable[[str], str],
        answers: Mapping[str, Any] | None = None,
    ) -> None:
        self.say = say
        self._read = read
        self._answers = answers

    def ask(self, step: str, prompt: str) -> str:
        """The answer to a step, "" for none."""
        if self._answers is not None:
            found = self._answers.get(step, "")
            text = str(found).lower() if isinstance(found, bool) else str(found)
            self.say(prompt + text)
            return text
        try:
            return self._read(prompt).strip()
        except EOFError:
            return _SKIP[0]


class Commissioning:
    """`wait_s` is how long a state may take to come after the person has said that it is set."""

    def __init__(self, pile: PilePort, texts: Texts, person: Person, wait_s: float) -> None:
        self.report = Report()
        self._pile = pile
        self._texts = texts
        self._person = person
        self._wait_s = wait_s
        self._profile = ""
        self._plan: list[tuple[Step, int]] = []
        self._started: set[int] = set()

    def run(self, status: dict[str, Any]) -> Report:
        """All steps; RefusedError for what the pile refuses altogether, such as a missing login."""
        profile = str(status.get("profile"))
        self._profile = profile if profile in pilot_profiles.NAMES else pilot_profiles.NAMES[2]
        self.report.head = {
            "station": str(status.get("station", "-")),
            "board": str(status.get("board", "-")),
            "firmware": str(status.get("firmware", "-")),
            "standard": self._profile,
            "when": time.strftime("%Y-%m-%d %H:%M %z"),
        }
        self._plan = [(step, 0) for step in station_steps(self._profile)]
        for row in status.get("connectors") or ():
            self._plan += [
                (step, int(row.get("id", 1))) for step in connector_steps(self._profile)
            ]
        answers = collecting.collect(self._pile, status)
        for number, (step, connector) in enumerate(self._plan, 1):
            self._person.say(f"{number}. {self._texts('step.' + step.key)}")
            if connector:
                self._take(self._connector_step(step, connector))
            else:
                self._take(self._station_step(step, answers))
        return self.report

    def close(self) -> None:
        """End what was begun; steps that were not reached stand in the report as not measured."""
        for connector in self._started:
            with contextlib.suppress(PortError):
                self._pile.ask(f"tx stop {connector}")
        done = {(line.step, line.connector) for line in self.report.lines}
        for step, connector in self._plan:
            if (step.key, connector) not in done and not (connector == 0 and self._has(step.key)):
                self.report.lines.append(Measured(step.key, "", "-", "", SKIPPED, connector))

    def _has(self, key: str) -> bool:
        # The doctor's lines carry the connector that they speak of
        return any(line.step == key for line in self.report.lines)

    def _take(self, lines: list[Measured]) -> None:
        texts = self._texts
        for line in lines:
            what = texts("row." + line.what) if texts.has("row." + line.what) else line.what
            self._person.say(
                texts(
                    "say.result",
                    what=what or texts("step." + line.step),
                    measured=line.measured,
                    allowed=line.allowed,
                    verdict=texts("verdict." + line.verdict),
                )
            )
        self.report.lines += lines

    def _station_step(self, step: Step, answers: dict[str, Any]) -> list[Measured]:
        texts, text = self._texts, self._texts("step." + step.key)
        if step.kind == TEXT:
            said = self._person.ask(step.key, texts("say.text", text=text))
            said = "" if said in _SKIP else said
            self.report.head[step.key] = said or "-"
            return [Measured(step.key, "", said or "-", "", PASS if said else SKIPPED)]
        if step.kind == YES:
            said = self._person.ask(step.key, texts("say.yes", text=text)).lower()
            well = said in _YES
            shown = texts("word.yes" if well else "word.no")
            verdict = SKIPPED if not said or said in _SKIP else PASS if well else FAIL
            return [Measured(step.key, "", shown, texts("word.yes"), verdict)]
        if step.kind == NUMBER:
            return [judge_number(step, self._number(step))]
        if step.kind == DOCTOR:
            rows = checks.look(answers, answers["host_utc_s"])
            bad = [
                Measured(
                    step.key,
                    texts("check." + row.check),
                    texts.reading(row.reading),
                    texts.reading(row.expected),
                    FAIL,
                    row.connector,
                )
                for row in rows
                if row.is_root
            ]
            for row in rows:
                if row.is_root:
                    self._person.say("  " + texts.advice(row.cause))
            none = texts("word.none")
            return bad or [Measured(step.key, "", none, none, PASS)]
        return self._selftest(step, answers)

    def _selftest(self, step: Step, answers: dict[str, Any]) -> list[Measured]:
        results = answers.get("selftest", {}).get("results") or ()
        found = [
            Measured(
                step.key,
                self._texts.test_name(str(row.get("name"))),
                self._texts.reading(str(row.get("reading"))),
                self._texts.reading(str(row.get("expected"))),
                PASS if row.get("ok") else FAIL,
            )
            for row in results
            if isinstance(row, dict)
        ]
        refusal = str(answers.get("selftest", {}).get("error", "-"))
        return found or [Measured(step.key, "", refusal, "", SKIPPED)]

    def _number(self, step: Step) -> float | None:
        texts = self._texts
        text, allowed = texts("step." + step.key), allowed_number(step)
        for _ in range(3):
            said = self._person.ask(step.key, texts("say.number", text=text, allowed=allowed))
            if not said or said in _SKIP:
                return None
            try:
                return float(said.replace(",", "."))
            except ValueError:
                self._person.say(texts("say.no_answer", allowed=allowed))
        return None

    def _connector_step(self, step: Step, connector: int) -> list[Measured]:
        prompt = self._texts("say.do", text=self._texts("do_step." + step.key))
        skipped = [Measured(step.key, "", "-", step.letter, SKIPPED, connector)]
        if step.has_action and self._person.ask(step.key, prompt) in _SKIP:
            return skipped
        if step.command:
            try:
                self._pile.ask(step.command % connector)
                started = "start" in step.command
                (self._started.add if started else self._started.discard)(connector)
            except RefusedError as error:
                return [Measured(step.key, "", str(error), step.letter, FAIL, connector)]
        try:
            return (
                self._state(step, connector)
                if step.kind == STATE
                else self._input(step, connector)
            )
        except RefusedError as error:
            self._person.say(f"  {error}")
            return skipped

    def _state(self, step: Step, connector: int) -> list[Measured]:
        deadline_s = time.monotonic() + self._wait_s
        while True:
            cp, relay = self._row("cp", connector), self._row("relay", connector)
            if is_reached(step, cp, relay) or time.monotonic() > deadline_s:
                break
            time.sleep(_LOOK_S)
        words = {True: self._texts("word.closed"), False: self._texts("word.open")}
        lines, wave = judge_state(step, {**cp, "id": connector}, relay, self._profile, words)
        self.report.waves.append(wave)
        if step.closed:
            lines.append(self._voltage(step, connector, deadline_s))
        return lines

    def _voltage(self, step: Step, connector: int, deadline_s: float) -> Measured:
        while True:
            mv = self._row("meter", connector).get("mv") or []
            # All zero: it has not been read yet
            if any(mv) or time.monotonic() > deadline_s:
                return judge_voltage(step, mv, connector)
            time.sleep(_LOOK_S)

    def _input(self, step: Step, connector: int) -> list[Measured]:
        deadline_s = time.monotonic() + self._wait_s
        while True:
            inputs = self._pile.ask("parts").get("inputs") or ()
            found = [row for row in inputs if row.get("role") == "emergency_stop"]
            is_active = any(row.get("active") for row in found)
            if is_active == step.is_pressed or time.monotonic() > deadline_s:
                break
            time.sleep(_LOOK_S)
        closed = bool(self._row("relay", connector).get("closed"))
        words = {True: self._texts("word.active"), False: self._texts("word.inactive")}
        well = bool(found) and is_active == step.is_pressed
        return [
            Measured(
                step.key,
                "input",
                words[is_active] if found else "-",
                words[step.is_pressed],
                PASS if well else FAIL,
                connector,
            ),
            Measured(
                step.key,
                "contactor",
                self._texts("word.closed" if closed else "word.open"),
                self._texts("word.open"),
                FAIL if closed else PASS,
                connector,
            ),
        ]

    def _row(self, command: str, connector: int) -> dict[str, Any]:
        rows = self._pile.ask(command).get("connectors") or ()
        return next((row for row in rows if row.get("id") == connector), {})
