"""UpdateFirmware and SignedUpdateFirmware of 1.6, with the files on loopback."""

import asyncio
import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fakes16 import UTC_TEXT, Bench, refused, steps
from http_place import http_place
from issuers import Issuer

from bridge.fake_platform import until
from pilebridge.commands import Reply
from pilebridge.platforms.ocpp.context import CallError, NotDeliveredError
from pilebridge.platforms.ocpp.v16 import firmware, transfer

BUNDLE = b"firmware" * 100
# It runs there already
INSTALLED = Reply("accepted", "installed")
PLAIN, SIGNED = "FirmwareStatusNotification", "SignedFirmwareStatusNotification"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Waits that a test does not need to sit through."""
    monkeypatch.setattr(firmware, "POLL_S", 0.01)
    monkeypatch.setattr(firmware, "TELL_AGAIN_S", 0.01)


async def update(bench, location, **more):
    asked = {"location": location, "retrieveDate": UTC_TEXT, "retries": 0, **more}
    assert await bench.ask("UpdateFirmware", **asked) == {}
    assert bench.context.sent == []


async def update_and_settle(bench, place, after):
    """Run an update; `after` is done to the pile once it installs."""
    place.answers["GET", "/new.bin"] = (200, BUNDLE)
    await update(bench, f"{place.url}/new.bin")
    running = asyncio.create_task(bench.settle())
    await until(lambda: "Installing" in steps(bench, PLAIN))
    after()
    await running


async def test_an_update_is_fetched_handed_over_and_followed():
    bench = Bench()

    def installed():
        bench.pile.hello = {"firmware": "1.1.0", "update": {"version": "1.1.0", "trial": False}}

    async with http_place() as place:
        await update_and_settle(bench, place, installed)
    assert bench.pile.bundles == [BUNDLE]
    assert steps(bench, PLAIN) == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert bench.context.events == ["FirmwareUpdated"]
    assert bench.context.values.get("firmware") is None


async def test_a_version_on_trial_is_not_installed_yet_and_may_go_back():
    bench = Bench()

    def tried():
        bench.pile.hello = {"update": {"version": "1.1.0", "trial": True}}
        loop = asyncio.get_running_loop()
        loop.call_later(0.05, lambda: setattr(bench.pile, "hello", {"firmware": "1.0.0"}))

    async with http_place() as place:
        await update_and_settle(bench, place, tried)
    assert steps(bench, PLAIN)[-2:] == ["Installing", "InstallationFailed"]
    assert bench.context.events == []


async def test_a_pile_that_never_changes_has_failed():
    bench = Bench()
    async with http_place() as place:
        await update_and_settle(bench, place, lambda: setattr(bench.context, "now", 1 << 40))
    assert steps(bench, PLAIN)[-1] == "InstallationFailed"


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (refused("malformed"), "InstallationFailed"),
        (None, "InstallationFailed"),
        (INSTALLED, "Installed"),
    ],
)
async def test_what_the_pile_says_of_a_file(reply, status):
    bench = Bench()
    bench.pile.replies["update"] = reply
    async with http_place() as place:
        place.answers["GET", "/x"] = (200, b"no firmware")
        await update(bench, f"{place.url}/x")
        await bench.settle()
    assert steps(bench, PLAIN) == ["Downloading", "Downloaded", status]


async def test_a_file_that_is_not_there_is_asked_for_again():
    bench = Bench()
    bench.pile.replies["update"] = INSTALLED
    async with http_place() as place:
        place.answers["GET", "/x"] = [(503, b""), (503, b""), (200, BUNDLE)]
        await update(bench, f"{place.url}/x", retries=2, retryInterval=0)
        await bench.settle()
        assert len(place.got) == 3
    assert bench.pile.bundles == [BUNDLE]


@pytest.mark.parametrize("location", ["ftp://h/x", "file:///etc/passwd", "http://127.0.0.1:1/x"])
async def test_a_file_that_does_not_come(location):
    bench = Bench()
    await update(bench, location)
    await bench.settle()
    assert steps(bench, PLAIN) == ["Downloading", "DownloadFailed"]
    assert bench.pile.bundles == []


async def test_a_file_that_is_too_long_is_not_taken(monkeypatch):
    monkeypatch.setattr(transfer, "MOST_BYTES", 50)
    bench = Bench()
    async with http_place() as place:
        place.answers["GET", "/x"] = (200, BUNDLE)
        await update(bench, f"{place.url}/x", retries=3)
        await bench.settle()
        assert len(place.got) == 1
    assert steps(bench, PLAIN)[-1] == "DownloadFailed"


async def test_an_update_goes_on_in_the_next_life_of_the_bridge():
    bench = Bench()
    async with http_place() as place:
        place.answers["GET", "/x"] = (200, BUNDLE)
        await update(bench, f"{place.url}/x")
        # The bridge ends before anything was done
        bench.drop()
        bench.again()
        bench.pile.replies["update"] = INSTALLED
        await bench.station.announce()
        await bench.settle()
    assert steps(bench, PLAIN)[-1] == "Installed"


async def test_a_step_that_could_not_be_told_is_told_when_it_can_be():
    bench = Bench()
    bench.pile.replies["update"] = INSTALLED
    bench.context.answers[PLAIN] = [NotDeliveredError("link"), {}, CallError("InternalError"), {}]
    async with http_place() as place:
        place.answers["GET", "/x"] = (200, BUNDLE)
        await update(bench, f"{place.url}/x")
        await bench.settle()
    assert steps(bench, PLAIN) == ["Downloading", "Downloading", "Downloaded", "Installed"]


async def test_how_far_an_update_is_can_be_asked():
    bench = Bench()
    asked = {"requestedMessage": PLAIN}
    assert await bench.status_of("TriggerMessage", **asked) == "Accepted"
    assert steps(bench, PLAIN) == ["Idle"]
    await bench.context.values.set("firmware", {"request": 4})
    await bench.context.values.set("firmware_status", {"status": "SignatureVerified"})
    await bench.status_of("TriggerMessage", **asked)
    assert steps(bench, PLAIN)[-1] == "Downloaded"
    await bench.status_of("ExtendedTriggerMessage", **asked)
    assert bench.context.named(SIGNED) == [{"status": "SignatureVerified", "requestId": 4}]


class Signing:
    """A root that is installed, a signer below it, and a signed update."""

    def __init__(self, signer_key=None):
        self.root = Issuer("maker")
        self.signer = Issuer("signer", by=self.root, key=signer_key, ca=False)

    async def ask(self, bench, location, data=BUNDLE, install=True, **changes):
        if install:
            asked = {
                "certificateType": "ManufacturerRootCertificate",
                "certificate": self.root.pem,
            }
            assert await bench.status_of("InstallCertificate", **asked) == "Accepted"
        file = {
            "location": location,
            "retrieveDateTime": UTC_TEXT,
            "signingCertificate": self.signer.pem,
            "signature": base64.b64encode(self.signer.sign(data)).decode(),
            **changes,
        }
        asked = {"requestId": 31, "retries": 0, "firmware": file}
        return (await bench.ask("SignedUpdateFirmware", **asked))["status"]


@pytest.mark.parametrize("kind", ["ec", "rsa"])
async def test_a_signed_update_is_installed(kind):
    bench = Bench()
    bench.pile.replies["update"] = INSTALLED
    signing = Signing(rsa.generate_private_key(65537, 2048) if kind == "rsa" else None)
    async with http_place() as place:
        place.answers["GET", "/x"] = (200, BUNDLE)
        assert await signing.ask(bench, f"{place.url}/x") == "Accepted"
        await bench.settle()
    assert steps(bench, SIGNED) == ["Downloading", "Downloaded", "SignatureVerified", "Installed"]
    assert {each["requestId"] for each in bench.context.named(SIGNED)} == {31}


async def test_another_file_than_the_signed_one_is_not_installed():
    bench = Bench()
    async with http_place() as place:
        place.answers["GET", "/x"] = (200, b"something else")
        assert await Signing().ask(bench, f"{place.url}/x") == "Accepted"
        await bench.settle()
    assert steps(bench, SIGNED)[-1] == "InvalidSignature"
    assert bench.context.events == ["InvalidFirmwareSignature"]
    assert bench.pile.bundles == []


@pytest.mark.parametrize("why", ["no root", "garbage", "other root", "expired"])
async def test_a_signer_that_nobody_trusts(why):
    bench = Bench()
    signing = Signing()
    changes = {}
    if why == "garbage":
        changes["signingCertificate"] = "garbage"
    elif why == "other root":
        signing.signer = Issuer("signer", by=Issuer("maker"), ca=False)
    elif why == "expired":
        signing.signer = Issuer("signer", by=signing.root, ca=False, from_day=-9, until_day=-1)
    status = await signing.ask(bench, "http://h/x", install=why != "no root", **changes)
    assert status == "InvalidCertificate"
    assert bench.context.events == ["InvalidFirmwareSigningCertificate"]
    assert bench.context.waiting == []


async def test_a_newer_request_takes_the_place_of_an_older_one():
    bench = Bench()
    bench.pile.replies["update"] = INSTALLED
    signing = Signing()
    async with http_place() as place:
        place.answers["GET", "/x"] = (200, BUNDLE)
        assert await signing.ask(bench, "http://h/old") == "Accepted"
        bench.drop()
        assert await signing.ask(bench, f"{place.url}/x", install=False) == "AcceptedCanceled"
        await bench.settle()
    assert steps(bench, SIGNED)[-1] == "Installed"


async def test_an_update_waits_for_its_time(monkeypatch):
    bench = Bench()
    bench.pile.replies["update"] = INSTALLED
    naps = []

    async def nap(seconds):
        naps.append(seconds)
        bench.context.now += seconds

    async with http_place() as place:
        place.answers["GET", "/x"] = (200, BUNDLE)
        times = {
            "retrieveDateTime": "2026-03-04T05:06:17Z",
            "installDateTime": "2026-03-04T05:06:37Z",
        }
        assert await Signing().ask(bench, f"{place.url}/x", **times) == "Accepted"
        monkeypatch.setattr(firmware.asyncio, "sleep", nap)
        await bench.settle()
    assert steps(bench, SIGNED) == [
        "DownloadScheduled",
        "Downloading",
        "Downloaded",
        "SignatureVerified",
        "InstallScheduled",
        "Installed",
    ]
    assert naps == [10, 20]


@pytest.mark.parametrize("action", ["GetDiagnostics", "UpdateFirmware"])
async def test_a_moment_that_is_none_is_refused(action):
    payload = {"location": "http://h/x", "retrieveDate": "soon", "startTime": "soon"}
    with pytest.raises(CallError) as caught:
        await Bench().station.answer(action, payload)
    assert caught.value.code == "TypeConstraintViolation"
