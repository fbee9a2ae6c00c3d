"""GetDiagnostics and GetLog of 1.6, with a place for the files on loopback."""

import asyncio

import pytest
from fakes16 import Bench, steps
from http_place import http_place

from bridge.fake_platform import until

UPLOADS = {
    "GetDiagnostics": ("DiagnosticsStatusNotification", "UploadFailed", "UploadFailed"),
    "GetLog": ("LogStatusNotification", "UploadFailure", "NotSupportedOperation"),
}


async def upload(bench, action, location, kind="DiagnosticsLog", **more):
    """Ask for a file, run it all; the name of the file."""
    if action == "GetLog":
        log = {"remoteLocation": location, **more}
        answer = await bench.ask(action, log=log, logType=kind, requestId=9, retries=0)
        assert answer["status"] == "Accepted"
        name = answer["filename"]
    else:
        name = (await bench.ask(action, location=location, retries=0, **more))["fileName"]
    assert bench.context.sent == []
    await bench.settle()
    return name


@pytest.mark.parametrize("action", UPLOADS)
async def test_a_file_about_the_pile_is_put_where_it_is_wanted(action):
    bench = Bench(connectors=2)
    bench.running()
    bench.pile.put(2, faults=("meter_lost",), status="faulted")
    await bench.configure(AuthorizationKey="0123456789abcdef" * 2)
    named = "/logs/P001-diagnostics-20260304T050607Z.txt"
    async with http_place() as place:
        place.answers["PUT", named] = (201, b"")
        name = await upload(bench, action, f"{place.url}/logs/")
        ((_, path, text),) = place.got
    assert path == f"/logs/{name}" == named
    for expected in ("meter_lost", "connector 2", "a55a41c3-37", "HeartbeatInterval = 300"):
        assert expected in text
    assert "0123456789abcdef" not in text
    notification = UPLOADS[action][0]
    assert steps(bench, notification) == ["Uploading", "Uploaded"]
    if action == "GetLog":
        assert {each["requestId"] for each in bench.context.named(notification)} == {9}


async def test_a_place_that_wants_post_gets_it():
    bench = Bench()
    async with http_place() as place:
        place.answers["POST", "/take?key=1"] = (200, b"")
        await upload(bench, "GetDiagnostics", f"{place.url}/take?key=1")
        assert [method for method, _, _ in place.got] == ["PUT", "POST"]
    assert steps(bench, "DiagnosticsStatusNotification")[-1] == "Uploaded"


@pytest.mark.parametrize("action", UPLOADS)
async def test_an_upload_that_fails_is_said_to_have_failed(action):
    notification, failed, _ = UPLOADS[action]
    bench = Bench()
    async with http_place() as place:
        await upload(bench, action, place.url)
    assert steps(bench, notification) == ["Uploading", failed]


@pytest.mark.parametrize("action", UPLOADS)
async def test_ftp_is_not_spoken(action):
    notification, _, refusal = UPLOADS[action]
    bench = Bench()
    await upload(bench, action, "ftp://h/x")
    assert steps(bench, notification) == [refusal]


async def test_the_security_log_has_the_events_of_its_time():
    bench = Bench()
    for hour, kind in ((4, "StartupOfTheDevice"), (5, "ResetOrReboot"), (6, "FirmwareUpdated")):
        await bench.station.security(kind, 1772582400 + hour * 3600, "why")
    bench.context.sent.clear()
    async with http_place() as place:
        place.answers["PUT", "/P001-security-20260304T050607Z.txt"] = (200, b"")
        span = {
            "oldestTimestamp": "2026-03-04T05:00:00Z",
            "latestTimestamp": "2026-03-04T05:30:00Z",
        }
        await upload(bench, "GetLog", place.url, "SecurityLog", **span)
        text = place.got[0][2]
    assert text == "CP-1: 1 security events\n2026-03-04T05:00:00Z ResetOrReboot why\n"


async def test_a_second_upload_takes_the_place_of_the_first():
    bench = Bench()
    first = {"log": {"remoteLocation": "http://127.0.0.1:1/"}, "logType": "SecurityLog"}
    answer = await bench.ask("GetLog", **first, requestId=1, retries=5, retryInterval=60)
    assert answer["status"] == "Accepted"
    tasks = [asyncio.create_task(work) for work in bench.context.waiting]
    bench.context.waiting = []
    await until(lambda: bench.context.sent)
    answer = await bench.ask("GetLog", **first, requestId=2, retries=0)
    assert answer["status"] == "AcceptedCanceled"
    await bench.settle()
    assert (await asyncio.gather(*tasks, return_exceptions=True))[0] is not None
    assert tasks[0].cancelled()
    assert bench.context.named("LogStatusNotification")[-1]["requestId"] == 2
