"""New credentials that the central system then refuses: the station comes back with those that worked."""

import base64
import http

import pytest
from fake_station import connected
from scripted_central import Central

from pilebridge.platforms.ocpp import station as station_module
from pilebridge.platforms.ocpp.door import REFUSALS, WORKED, Door
from pilebridge.store import InlineStore

OLD, NEW = "the password of old", "what nobody wrote down"
EVENT = "FailedToAuthenticateAtCentralSystem"


@pytest.fixture
def store(tmp_path, monkeypatch):
    class Soon(station_module.Backoff):
        def failed(self):
            return 0.01

    monkeypatch.setattr(station_module, "Backoff", Soon)
    store = InlineStore(str(tmp_path / "bridge.sqlite"))
    store.open()
    yield store
    store.kill()


class Guarded(Central):
    """Lets in whoever has one of `passwords`."""

    def __init__(self, *passwords):
        super().__init__()
        self.passwords = set(passwords)
        self.tried = []

    async def _request(self, connection, request):
        refused = await super()._request(connection, request)
        word = request.headers["Authorization"].removeprefix("Basic ")
        self.tried.append(base64.b64decode(word).decode().split(":", 1)[1])
        if self.tried[-1] not in self.passwords:
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "no\n")
        return refused

    def security_events(self):
        rows = self.payloads("DataTransfer")
        return [row["data"] for row in rows if row["vendorId"] == "security"]


async def changed(charger, password):
    """The central system has set a password, as 2.0.1 keeps it."""
    await charger.values.set("password", password)
    charger.reconnect()


async def test_a_password_that_is_not_taken_after_all(store, monkeypatch):
    central = Guarded(OLD)
    settings = {"security_profile": 1, "password": OLD}
    async with connected(store, monkeypatch, central, **settings) as (_, platform, _pile):
        await central.until(lambda: "StatusNotification" in central.actions())
        charger = platform.stations["P1"].charger
        await changed(charger, NEW)
        await central.until(central.security_events)
        assert central.security_events() == [EVENT]
        assert central.tried == [OLD, *[NEW] * REFUSALS, OLD]
        # A lost link: what worked is shown at once, and nothing is told twice
        charger.reconnect()
        await central.until(lambda: len(central.tried) == REFUSALS + 3)
        assert central.tried[-1] == OLD
        # Refused in turn, the newest has another try
        central.passwords = {NEW}
        charger.reconnect()
        await central.until(lambda: central.tried[-1] == NEW and charger.rpc is not None)
        assert charger.values.get(WORKED)["password"] == NEW
        assert central.security_events() == [EVENT]


async def test_what_worked_once_ends_the_way_back(store, monkeypatch):
    central = Guarded(OLD, NEW)
    settings = {"security_profile": 1, "password": OLD}
    async with connected(store, monkeypatch, central, **settings) as (_, platform, _pile):
        await central.until(lambda: "StatusNotification" in central.actions())
        charger = platform.stations["P1"].charger
        await changed(charger, NEW)
        await central.until(lambda: charger.values.get(WORKED))
        central.passwords = {OLD}
        tried = len(central.tried)
        charger.reconnect()
        await central.until(lambda: len(central.tried) >= tried + 3 * REFUSALS)
        assert set(central.tried[tried:]) == {NEW}


async def test_a_security_profile_that_the_server_does_not_speak(store, monkeypatch):
    central = Central()
    settings = {"security_profile": 0, "password": OLD}
    async with connected(store, monkeypatch, central, **settings) as (_, platform, _pile):
        await central.until(lambda: "StatusNotification" in central.actions())
        charger = platform.stations["P1"].charger
        await charger.values.set("security_profile", 2)
        charger.reconnect()
        await central.until(lambda: len(central.payloads("DataTransfer")) == 1)
        assert central.payloads("DataTransfer")[0]["data"] == EVENT
        assert len(central.headers) == 2


async def test_the_settings_are_the_lowest_that_is_fallen_back_to(store, monkeypatch):
    async with connected(store, monkeypatch, Central()) as (_, platform, _pile):
        charger = platform.stations["P1"].charger
        await charger.values.set(WORKED, {"security_profile": 0, "password": OLD})
        charger.settings.security_profile = 2
        assert Door(charger, None)._last_worked() is None
        charger.settings.security_profile = 0
        assert Door(charger, None)._last_worked().password == OLD
