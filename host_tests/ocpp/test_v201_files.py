"""Logs that are taken away and firmware that is fetched, over http on loopback (N01, L01, L02)."""

import asyncio
import base64
import contextlib
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from fakes201 import T0, Bench
from test_v201_certificates import KEYS, OTHER, ROOT, RSA, certificate, pem

from pilebridge.commands import Reply
from pilebridge.platforms.ocpp.v201.transfer import Transfer, TransferError
from pilebridge.platforms.ocpp.v201.words import stamp


class FileServer:
    """Answers each request with the next of `statuses`, then 200; keeps what was put."""

    def __init__(self):
        self.statuses = []
        self.got = []
        self.content = b"a bundle"
        self.url = ""

    async def serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path = head.split(" ")[:2]
        lengths = [
            line.split(":")[1] for line in head.lower().split("\r\n") if "content-length" in line
        ]
        body = await reader.readexactly(int(lengths[0])) if lengths else b""
        self.got.append((method, path, body))
        status = self.statuses.pop(0) if self.statuses else 200
        content = self.content if method == "GET" and status == 200 else b""
        writer.write(
            f"HTTP/1.1 {status} x\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
        )
        writer.write(content)
        await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
async def server():
    files = FileServer()
    listening = await asyncio.start_server(files.serve, "127.0.0.1", 0)
    files.url = "http://127.0.0.1:%d/drop" % listening.sockets[0].getsockname()[1]
    yield files
    listening.close()
    await listening.wait_closed()


async def get_log(bench, url, kind="DiagnosticsLog", then=True, **more):
    log = {"remoteLocation": url, **more.pop("log", {})}
    ask = {"log": log, "logType": kind, "requestId": 5, "retryInterval": 0, **more}
    return await bench.ask("GetLog", ask, then)


def told(bench, action):
    return [(each["status"], each.get("requestId")) for each in bench.sent(action)]


async def test_n01_a_log_is_taken_to_where_it_is_wanted(server):
    bench = Bench()
    answer = await get_log(bench, server.url)
    assert answer["status"] == "Accepted"
    assert told(bench, "LogStatusNotification") == [("Uploading", 5), ("Uploaded", 5)]
    ((method, path, body),) = server.got
    assert (method, path) == ("PUT", "/drop/" + answer["filename"])
    lines = [json.loads(line) for line in body.splitlines()]
    assert lines[0]["hello"]["firmware"] == "0.1.0"
    assert [line["connector"] for line in lines[1:]] == [1, 2]


async def test_n01_the_security_log_of_a_time(server):
    bench = Bench()
    for minute in range(4):
        await bench.station.security("SettingSystemTime", T0 + 60 * minute, "")
    window = {"oldestTimestamp": stamp(T0 + 60), "latestTimestamp": stamp(T0 + 120)}
    await get_log(bench, server.url, "SecurityLog", log=window)
    lines = [json.loads(line) for line in server.got[0][2].splitlines()]
    assert [line["timestamp"] for line in lines] == [stamp(T0 + 60), stamp(T0 + 120)]


@pytest.mark.parametrize(
    ("statuses", "retries", "status"),
    [
        ([500, 500], 2, "Uploaded"),
        ([500, 500], 1, "UploadFailure"),
        ([403], 3, "PermissionDenied"),
    ],
)
async def test_n01_an_upload_is_tried_again_as_often_as_was_said(
    server, statuses, retries, status
):
    bench = Bench()
    server.statuses = statuses
    await get_log(bench, server.url, retries=retries)
    assert told(bench, "LogStatusNotification")[-1] == (status, 5)
    # A trigger asks for what runs now
    await bench.ask("TriggerMessage", {"requestedMessage": "LogStatusNotification"})
    assert told(bench, "LogStatusNotification")[-1] == ("Idle", None)


async def test_n01_a_newer_request_takes_the_place_of_one_that_runs(server):
    bench = Bench()
    await get_log(bench, server.url, then=False)
    answer = await get_log(bench, server.url, then=False, requestId=6)
    assert answer["status"] == "AcceptedCanceled"
    await bench.settle()
    assert ("AcceptedCanceled", 5) in told(bench, "LogStatusNotification")
    assert told(bench, "LogStatusNotification")[-1] == ("Uploaded", 6)
    assert len(server.got) == 1


@pytest.mark.parametrize("url", ["ftp://files.example/x", "nowhere", "http://[", ""])
async def test_n01_l01_other_places_are_refused(url):
    bench = Bench()
    assert (await get_log(bench, url))["status"] == "Rejected"
    assert (await update(bench, url))["status"] == "Rejected"
    assert not bench.context.calls


@pytest.mark.parametrize(
    "host", ["127.0.0.1:1", "localhost", "[::1]", "169.254.169.254", "0.0.0.0", "a.localhost"]
)
async def test_a_central_system_elsewhere_names_no_places_on_this_machine(host):
    bench = Bench()
    bench.context.settings.url = "wss://csms.example/ocpp"
    bench.again()
    assert (await get_log(bench, f"http://{host}/admin"))["status"] == "Rejected"
    assert (await update(bench, f"http://{host}/admin"))["status"] == "Rejected"
    assert not bench.context.calls


async def test_every_request_of_a_transfer_is_checked(server):
    away = Transfer("wss://csms.example/ocpp")
    with pytest.raises(TransferError, match="no place for files"):
        await away.fetch(server.url)
    assert not server.got


async def update(bench, url, then=True, firmware=None, **more):
    wanted = {"location": url, "retrieveDateTime": stamp(bench.context.now), **(firmware or {})}
    ask = {"requestId": 9, "firmware": wanted, "retryInterval": 0, **more}
    return await bench.ask("UpdateFirmware", ask, then)


async def test_l02_firmware_is_fetched_and_handed_over(server):
    bench = Bench()
    assert await update(bench, server.url) == {"status": "Accepted"}
    assert bench.services.of("update") == [(b"a bundle",)]
    statuses = [status for status, _id in told(bench, "FirmwareStatusNotification")]
    assert statuses == ["Downloading", "Downloaded", "Installing"]
    await bench.ask("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"})
    assert told(bench, "FirmwareStatusNotification")[-1] == ("Installing", 9)
    # The pile starts with it, and the station has a new connection
    bench.services.hello = {**bench.services.hello, "firmware": "0.2.0"}
    bench.again()
    await bench.station.announce()
    await bench.station.announce()
    assert told(bench, "FirmwareStatusNotification")[4:] == [("Installed", 9)]
    assert bench.context.security_events == ["FirmwareUpdated"]


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply("refused", "bad_signature"), "InstallVerificationFailed"),
        (Reply("refused", "installed"), "InstallationFailed"),
        (None, "InstallationFailed"),
    ],
)
async def test_l02_a_pile_that_refuses(server, reply, status):
    bench = Bench()
    bench.services.replies["update"] = reply
    await update(bench, server.url)
    assert told(bench, "FirmwareStatusNotification")[-1] == (status, 9)
    bench.services.hello = {**bench.services.hello, "firmware": "0.2.0"}
    await bench.station.announce()
    assert told(bench, "FirmwareStatusNotification")[-1] == (status, 9)


async def test_l02_a_pile_that_goes_back_to_its_own_firmware(server):
    bench = Bench()
    await update(bench, server.url)
    for boot, status in [(8, "Installing"), (9, "InstallationFailed")]:
        bench.services.hello = {**bench.services.hello, "boot": boot}
        bench.again()
        await bench.station.announce()
        assert told(bench, "FirmwareStatusNotification")[-1] == (status, 9)
    assert not bench.context.security_events


async def test_l02_a_download_that_fails_for_good(server):
    bench = Bench()
    server.statuses = [404, 404]
    await update(bench, server.url, retries=1)
    assert told(bench, "FirmwareStatusNotification")[-1] == ("DownloadFailed", 9)
    assert len(server.got) == 2
    assert not bench.services.of("update")


async def test_l02_it_waits_for_its_time(server):
    bench = Bench()
    later = {"retrieveDateTime": stamp(T0 + 1), "installDateTime": stamp(T0 + 1)}
    await update(bench, server.url, firmware=later)
    statuses = [status for status, _id in told(bench, "FirmwareStatusNotification")]
    assert statuses[0] == "DownloadScheduled"
    assert statuses[-2:] == ["InstallScheduled", "Installing"]


def sign(key, data):
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(data, ec.ECDSA(hashes.SHA256()))
    else:
        signature = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode()


async def trusting():
    """A station that trusts the manufacturer's root, whose key is the first of KEYS."""
    bench = Bench()
    ask = {"certificateType": "ManufacturerRootCertificate", "certificate": pem(ROOT)}
    assert (await bench.ask("InstallCertificate", ask))["status"] == "Accepted"
    return bench


@pytest.mark.parametrize("key", [KEYS[2], RSA])
async def test_l01_a_signature_is_checked(server, key):
    bench = await trusting()
    leaf = certificate("signer", None, "root", KEYS[0], public=key.public_key())
    firmware = {"signingCertificate": pem(leaf), "signature": sign(key, b"a bundle")}
    assert await update(bench, server.url, firmware=firmware) == {"status": "Accepted"}
    statuses = [status for status, _id in told(bench, "FirmwareStatusNotification")]
    assert statuses == ["Downloading", "Downloaded", "SignatureVerified", "Installing"]


@pytest.mark.parametrize(
    "signature",
    [sign(KEYS[2], b"another"), "no base64!", "QQ=="],
    ids=["of something else", "no base64", "too short"],
)
async def test_l01_a_bundle_with_a_wrong_signature_is_dropped(server, signature):
    bench = await trusting()
    leaf = certificate("signer", None, "root", KEYS[0], public=KEYS[2].public_key())
    firmware = {"signingCertificate": pem(leaf), "signature": signature}
    assert await update(bench, server.url, firmware=firmware) == {"status": "Accepted"}
    assert told(bench, "FirmwareStatusNotification")[-1] == ("InvalidSignature", 9)
    assert bench.context.security_events == ["InvalidFirmwareSignature"]
    assert not bench.services.of("update")


@pytest.mark.parametrize("signing", [pem(OTHER), "no certificate", None])
async def test_l01_a_signer_that_nobody_vouches_for(server, signing):
    bench = await trusting()
    firmware = {"signature": sign(KEYS[1], b"a bundle")}
    if signing:
        firmware["signingCertificate"] = signing
    answer = await update(bench, server.url, firmware=firmware)
    assert answer == {"status": "InvalidCertificate"}
    assert bench.context.security_events == ["InvalidFirmwareSigningCertificate"]
    assert not server.got
