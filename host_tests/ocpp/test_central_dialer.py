"""The way to a central system: address, credentials, security profiles, subprotocol, pace and pauses."""

import asyncio
import base64
import socket
import ssl
import warnings

import pytest
from certificates import Authority, texts
from scripted_central import Central

from pilebridge.platforms.ocpp.context import Settings
from pilebridge.platforms.ocpp.credentials import Credentials, credentials_of
from pilebridge.platforms.ocpp.dialer import Dialer, DialError, address, basic
from pilebridge.platforms.ocpp.pacing import Backoff, Pacer

HOST = "127.0.0.1"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


def dialer(central, **settings):
    settings = {"url": central.url, "call_timeout_s": 5.0, **settings}
    return Dialer(Settings(name="test", **settings))


async def dialled(central, credentials=None, identity="P1", **settings):
    """(version, headers of the handshake) of a connection that is closed again."""
    link, version = await dialer(central, **settings).dial(identity, credentials)
    await link.close()
    return version, central.headers[-1]


async def why_not(central, identity="P1", **settings):
    with pytest.raises(DialError) as raised:
        await dialer(central, **settings).dial(identity)
    return str(raised.value)


def test_the_vector_of_the_protocol():
    key = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"
    raw = basic("AL1000", key, "hex")
    assert raw == "Basic QUwxMDAwOgABAgMEBQYH////////////////"
    text = basic("AL1000", key, "text").removeprefix("Basic ")
    assert base64.b64decode(text) == b"AL1000:" + key.encode()
    with pytest.raises(DialError, match="not hex"):
        basic("AL1000", "secret", "hex")


def test_an_identity_is_one_percent_encoded_part_of_the_path():
    assert address("ws://h:1/a/", "CP/7 ä?", 0) == "ws://h:1/a/CP%2F7%20%C3%A4%3F"
    assert address("ws://h:1/a", "P", 2) == "wss://h:1/a/P"
    assert address("wss://h:1/a", "P", 1) == "wss://h:1/a/P"


async def test_the_first_version_that_both_know_is_taken():
    async with Central().serve() as central:
        assert (await dialled(central))[0] in {"ocpp2.0.1", "ocpp1.6"}
        offered = central.headers[-1]["Sec-WebSocket-Protocol"]
        assert offered == "ocpp2.0.1, ocpp1.6"
        assert (await dialled(central, versions=("ocpp1.6",)))[0] == "ocpp1.6"
        assert "Sec-WebSocket-Extensions" not in central.headers[-1]


async def test_without_a_common_version_there_is_no_connection():
    central = Central()
    async with central.serve(select_subprotocol=lambda _link, _offered: None):
        assert await why_not(central) == ("it agrees on none of our versions (ocpp2.0.1, ocpp1.6)")
        await central.until(lambda: central.links["P1"].close_code == 1002)
    central.subprotocols = ["ocpp1.5"]
    async with central.serve():
        assert "none of our versions" in await why_not(central)


@pytest.mark.parametrize(
    ("status", "word"), [(401, "password"), (404, "identity"), (403, "allowed"), (503, "now")]
)
async def test_a_refusal_says_what_it_means(status, word):
    central = Central()
    central.status = status
    async with central.serve():
        said = await why_not(central)
        assert said.startswith(f"HTTP {status}: ")
        assert word in said


async def test_nobody_there_and_nobody_answering():
    central = Central()
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        central.port = listening.getsockname()[1]
        assert "refused" in (await why_not(central)).lower()
        listening.listen()
        assert await why_not(central, call_timeout_s=0.1) == "no answer in time"


def test_each_cause_is_logged_the_1st_2nd_4th_time(caplog):
    told = dialer(Central())
    for number in range(100):
        told.note(f"P{number}", "HTTP 401")
    told.note("P7", "HTTP 404")
    lines = [record.message for record in caplog.records]
    assert sum("HTTP 401" in line for line in lines) == 7
    assert sum("HTTP 404" in line for line in lines) == 1


async def test_profile_1_shows_a_password():
    async with Central().serve() as central:
        _, headers = await dialled(central, security_profile=1, password="secret")
        assert headers["Authorization"] == "Basic " + base64.b64encode(b"P1:secret").decode()
        own = Credentials(1, "0001FF")
        _, headers = await dialled(central, own, password_form="hex")
        assert base64.b64decode(headers["Authorization"][6:]) == b"P1:\x00\x01\xff"
        _, headers = await dialled(central, password="secret")
        assert "Authorization" not in headers


async def test_profile_2_checks_the_server_and_shows_a_password(authority):
    async with Central().serve(ssl=authority.server_context(HOST)) as central:
        settings = {"security_profile": 2, "password": "secret", "ca_file": authority.file}
        _, headers = await dialled(central, **settings)
        assert headers["Authorization"].startswith("Basic ")


async def test_profile_3_shows_a_certificate_and_no_password(authority):
    certificate, key = authority.issue("P1")
    files = {"certificate_file": certificate, "private_key_file": key, "ca_file": authority.file}
    async with Central().serve(ssl=authority.server_context(HOST, clients=True)) as central:
        _, headers = await dialled(central, security_profile=3, password="secret", **files)
        assert "Authorization" not in headers
        said = await why_not(central, security_profile=3, ca_file=authority.file)
        assert said


async def test_a_server_of_another_authority_or_name_is_not_believed(authority, tmp_path):
    other = Authority(tmp_path / "other", "another authority")
    async with Central().serve(ssl=authority.server_context(HOST)) as central:
        said = await why_not(central, security_profile=2, ca_file=other.file)
        assert said.startswith("its certificate is not accepted")
    async with Central().serve(ssl=authority.server_context("127.0.0.2")) as central:
        said = await why_not(central, security_profile=2, ca_file=authority.file)
        assert said.startswith("its certificate is not accepted")
        assert not central.headers


async def test_tls_before_1_2_is_refused(authority):
    context = authority.server_context(HOST)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    async with Central().serve(ssl=context) as central:
        assert await why_not(central, security_profile=2, ca_file=authority.file)
        assert not central.headers


async def test_certificate_files_that_are_none_are_named(tmp_path):
    said = await why_not(Central(), security_profile=2, ca_file=str(tmp_path / "missing.pem"))
    assert said.startswith("certificate files cannot be used")


async def test_stations_with_the_same_certificate_share_a_context(authority):
    made = dialer(Central(), ca_file=authority.file)
    assert made._context(2, Credentials()) is made._context(2, Credentials(2, "other password"))


async def test_what_the_central_system_gave_is_shown_and_believed(authority):
    """A key and certificate, and a root, that came over the air: as each version keeps them."""
    certificate, key, root = texts(*authority.issue("P1"), authority.file)
    kept = (
        {
            "key:SecurityProfile": "3",
            "client_certificate": {"certificate": certificate, "key": key},
            "certificates": {"CentralSystemRootCertificate": [root]},
        },
        {
            "security_profile": 3,
            "station_certificate": {"chain": certificate, "key": key},
            "v201.certificates": [{"type": "CSMSRootCertificate", "pem": root}],
        },
    )
    async with Central().serve(ssl=authority.server_context(HOST, clients=True)) as central:
        for values in kept:
            own = credentials_of(values, Settings("test", central.url))
            assert own.security_profile == 3
            await dialled(central, own)
        assert len(central.headers) == 2


def test_the_newest_password_and_the_highest_profile_count():
    settings = Settings("test", "", security_profile=2, password_form="hex")
    old = credentials_of({}, settings)
    assert (old.security_profile, old.password, old.password_form) == (2, "", "hex")
    key = credentials_of({"key:AuthorizationKey": "00FF", "key:SecurityProfile": "1"}, settings)
    assert (key.security_profile, key.password, key.password_form) == (2, "00FF", "hex")
    text = credentials_of({"key:AuthorizationKey": "00FF", "password": "a word"}, settings)
    assert (text.password, text.password_form) == ("a word", "text")


class VirtualTime:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now_s = 1000.0
        self._sleepers = []

    async def sleep(self, seconds):
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now_s + seconds, future))
        await future

    async def run(self):
        """Wake one sleeper after the other, until nobody sleeps."""
        while True:
            await asyncio.sleep(0)
            if not self._sleepers:
                return
            self._sleepers.sort(key=lambda row: row[0])
            self.now_s, future = self._sleepers.pop(0)
            future.set_result(None)


async def test_a_platform_paces_5000_stations_that_come_at_once():
    time = VirtualTime()
    pacer = Pacer(300, lambda: time.now_s, time.sleep)
    turns = []

    async def station(number):
        await pacer.turn()
        turns.append((number, time.now_s))

    stations = [asyncio.create_task(station(number)) for number in range(5000)]
    await time.run()
    await asyncio.gather(*stations)
    assert [number for number, _ in turns] == list(range(5000)), "in order"
    first, last = turns[0][1], turns[-1][1]
    assert 16 <= last - first <= 17
    for begin in range(0, 4700, 100):
        assert turns[begin + 300][1] - turns[begin][1] > 0.9, "no second has more than its share"


async def test_a_station_alone_does_not_wait():
    time = VirtualTime()
    pacer = Pacer(10, lambda: time.now_s, time.sleep)
    await pacer.turn()
    time.now_s += 60
    await pacer.turn()
    assert time.now_s == 1060.0


def test_pauses_spread_over_all_of_a_bound_that_doubles():
    firsts = [Backoff(60).failed() for _ in range(1000)]
    assert min(firsts) < 0.1
    assert 0.9 < max(firsts) <= 1
    backoff, pauses = Backoff(60), []
    for _ in range(200):
        pauses.append(backoff.failed())
    assert 45 < max(pauses) <= 60
    assert min(pauses[10:]) < 10
    backoff.worked()
    assert backoff.failed() <= 1
