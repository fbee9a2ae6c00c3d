"""The central system's page in a real browser: a station that a test scripts, its charge, its curve."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from central_bench import BOOT, V16, V201
from scripted_station import scripted_station

from browser import browser_page, running_browser
from local_server import serving
from sandbox.csms.model import iso
from sandbox.csms.system import CentralSystem
from sandbox.csms.web import create_app

# One worker, one browser
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("page")]
OK = {"status": "Accepted"}
HOSTILE = "<img src=x onerror=boom()>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as running:
        yield running


class Charger:
    """A station in a thread of its own that charges when it is asked to, with three samples of the past."""

    def __init__(self, url: str, version: str) -> None:
        self.heard: list = []
        self.ended = threading.Event()
        self._ready = threading.Event()
        self._url, self._version = url, version
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> "Charger":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _run(self) -> None:
        async with scripted_station(self._url, "P1", self._version) as station:
            self.heard = station.heard
            for action in (
                "RemoteStartTransaction",
                "RequestStartTransaction",
                "RemoteStopTransaction",
                "SetChargingProfile",
                "Reset",
            ):
                station.answers[action] = OK
            station.answers["GetCompositeSchedule"] = {
                **OK,
                "connectorId": 1,
                "scheduleStart": iso(time.time()),
                "chargingSchedule": {
                    "duration": 3600,
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 15.0}],
                },
            }
            await station.call("BootNotification", BOOT[self._version])
            charge = self._charge_16 if self._version == V16 else self._charge_201
            charging = asyncio.create_task(charge(station))
            self._ready.set()
            await asyncio.to_thread(self.ended.wait)
            charging.cancel()

    async def _charge_16(self, station: Any) -> None:
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
        await station.call("StatusNotification", status)
        asked = await station.wait_heard("RemoteStartTransaction")
        begun = time.time() - 600
        start = {
            "connectorId": 1,
            "idTag": asked["idTag"],
            "meterStart": 0,
            "timestamp": iso(begun),
        }
        number = (await station.call("StartTransaction", start))["transactionId"]
        for minute, amps in ((0, 15.5), (5, 15.9), (9, 9.8)):
            rows = [{"value": str(minute * 100)}]
            rows += [
                {"value": str(amps), "measurand": "Current.Import", "unit": "A", "phase": "L1"}
            ]
            value = {"timestamp": iso(begun + minute * 60), "sampledValue": rows}
            payload = {"connectorId": 1, "transactionId": number, "meterValue": [value]}
            await station.call("MeterValues", payload)
        await station.wait_heard("RemoteStopTransaction")
        stop = {"transactionId": number, "meterStop": 1000, "timestamp": iso(time.time())}
        await station.call("StopTransaction", stop | {"reason": "Remote"})

    async def _charge_201(self, station: Any) -> None:
        payload = {
            "timestamp": iso(time.time()),
            "connectorStatus": "Occupied",
            "evseId": 1,
            "connectorId": 1,
        }
        await station.call("StatusNotification", payload)


@contextmanager
def served(version: str) -> Iterator[tuple[str, CentralSystem, Charger]]:
    """(page, system, charger)."""
    system = CentralSystem()
    with serving(create_app(system)) as url, Charger(system.url, version) as charger:
        yield url, system, charger


def wait(fact: Any, timeout_s: float = 10) -> Any:
    """What `fact()` says as soon as it is true."""
    deadline = time.monotonic() + timeout_s
    while not (value := fact()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
    return value


def test_operator_starts_limits_watches_and_stops_a_charge(browser: Any) -> None:
    with served(V16) as (url, system, charger), browser_page(browser, url) as seen:
        by = seen.page.get_by_test_id
        by("station").wait_for()
        assert "ocpp1.6 · online" in by("station").inner_text()
        by("statuses").get_by_text("1 Preparing").wait_for()
        by("token").fill("CARD7")
        by("do-remote_start").click()
        by("answer").get_by_text("Accepted").wait_for()
        assert charger.heard == [("RemoteStartTransaction", {"idTag": "CARD7", "connectorId": 1})]
        by("measured-line").wait_for(state="attached")
        wait(lambda: len(by("measured-line").get_attribute("points").split()) == 3)
        points = [
            [float(part) for part in point.split(",")]
            for point in by("measured-line").get_attribute("points").split()
        ]
        assert [x for x, _ in points] == sorted({x for x, _ in points})
        # 9.8 A lies lower on the page than 15.9 A
        assert points[2][1] > points[0][1] > points[1][1]
        assert by("limit-line").count() == 0
        by("purpose").select_option("default")
        by("periods").fill("0:16, 600:10, 1200:6")
        by("set-profile").click()
        by("limit-line").wait_for(state="attached")
        levels = by("limit-line").get_attribute("d").replace("M", "L").split("L")[1:]
        heights = list(dict.fromkeys(point.split(",")[1] for point in levels))
        assert len(heights) == 3
        assert [float(y) for y in heights] == sorted(float(y) for y in heights)
        by("do-schedule").click()
        by("told-line").wait_for(state="attached")
        told = by("told-line").get_attribute("d").replace("M", "L").split("L")[1:]
        # 15 A lies below 16 A and above 10 A
        assert float(heights[0]) < float(told[0].split(",")[1]) < float(heights[1])
        by("stop").click()
        by("transaction").get_by_text("Remote", exact=True).wait_for()
        assert by("stop").count() == 0
        assert "1000" in by("transaction").inner_text()
        assert by("complaints").inner_text() == "none"
        assert system.books.complaints == []
        assert seen.console_errors == []
        assert seen.foreign_requests == []


def test_the_page_speaks_both_languages_and_shows_errors_and_complaints_as_text(
    browser: Any,
) -> None:
    with (
        served(V201) as (url, system, charger),
        browser_page(browser, url, language="zh-CN") as seen,
    ):
        page, by = seen.page, seen.page.get_by_test_id
        assert page.locator("h1").inner_text() == "OCPP 测试中心系统"
        by("station").wait_for()
        by("language").click()
        assert by("do-remote_start").inner_text() == "Remote start"
        by("do-cache").click()
        by("answer").get_by_text("NotSupported").wait_for()
        by("do-remote_start").click()
        by("answer").get_by_text("Accepted").wait_for()
        assert charger.heard[-1][1]["idToken"] == {"idToken": "04A2B3C4", "type": "ISO14443"}
        by("action").fill("Reset")
        by("payload").fill('{"type": "OnIdle"}')
        by("send-raw").click()
        wait(lambda: charger.heard[-1] == ("Reset", {"type": "OnIdle"}))
        by("payload").fill('{"type": "Gently"}')
        by("send-raw").click()
        by("answer").get_by_text("PropertyConstraintViolation").wait_for()
        system.books.complain("P1", "frame", HOSTILE)
        by("complaints").get_by_text(HOSTILE).wait_for()
        assert page.locator("main img").count() == 0
        assert seen.console_errors == []


def test_a_lost_central_system_is_said(browser: Any) -> None:
    system = CentralSystem()
    with serving(create_app(system)) as url, browser_page(browser, url) as seen:
        seen.page.route("**/api/state", lambda route: route.abort())
        seen.page.get_by_test_id("trouble").get_by_text("cannot be reached").wait_for()
        seen.page.unroute("**/api/state")
        seen.page.get_by_test_id("trouble").wait_for(state="hidden")
