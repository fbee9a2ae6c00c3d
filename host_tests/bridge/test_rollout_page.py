"""The operator's view of updates: JSON, the words by POST and who may say them, the page in a browser."""

import asyncio
import contextlib
import threading
import time

import httpx

from bridge.fake_platform import until
from bridge.fleet import (
    Fleet,
    added,
    ended,
    fleet_bridge,
    hasten,
    names_of,
    phases,
    started,
    state,
)
from bridge.updating_pile import bundle
from browser import browser_page, require_chromium, running_browser
from pilebridge import cli, rollout_rows, rollout_work
from pilebridge.schema import open_database

STREAM = bundle(files={"evse/pile.mpy": bytes(range(256)) * 40})


def client(bridge):
    """An HTTP client on this machine."""
    url = f"http://127.0.0.1:{bridge.http_port}"
    return httpx.AsyncClient(base_url=url, trust_env=False)


async def seen(http):
    """What /admin/updates says."""
    answer = await http.get("/admin/updates")
    assert answer.status_code == 200
    return answer.json()


async def test_the_view_before_and_after(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(2))
    async with fleet_bridge(tmp_path, fleet) as bridge, client(bridge) as http:
        made = await added(bridge, STREAM)
        found = await seen(http)
        (shown,) = found["bundles"]
        assert (shown["id"], shown["version"], shown["bytes"]) == (made.id, "1.1.0", len(STREAM))
        assert found["rollouts"] == []
        update = {"slot": "a", "version": "1.0.0", "trial": False, "previous": ""}
        assert found["piles"][0]["runs"] == update
        await ended(bridge, await started(bridge, made, "one P001"))
        found = await seen(http)
        assert found["rollouts"][0]["phases"] == {"confirmed": 1}
        assert found["rollouts"][0]["stations"][0]["percent"] == 100
        assert found["piles"][0]["update"]["phase"] == "confirmed"
        stations = (await http.get("/admin/stations")).json()["piles"]
        assert stations[0]["update"]["phase"] == "confirmed"
        assert stations[0]["hello"]["update"]["version"] == "1.1.0"
        assert stations[1]["update"] is None


async def test_a_roll_out_is_started_stopped_and_goes_on(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(2))
    pile = fleet["P001"]
    async with fleet_bridge(tmp_path, fleet) as bridge, client(bridge) as http:
        pile.lose, pile.again_s = {6000}, 0.4
        made = await added(bridge, STREAM)
        body = {"bundle": made.id[:12], "to": "all"}
        answer = await http.post("/admin/updates/start", json=body)
        assert (answer.status_code, "first" in answer.json()["error"]) == (409, True)
        answer = await http.post("/admin/updates/start", json={**body, "to": "one P001"})
        assert answer.json() == {"done": "roll-out 1 to one P001 is running"}
        await until(lambda: len(pile.data) == 6000)
        answer = await http.post("/admin/updates/stop", json={"rollout": 1})
        assert answer.json() == {"done": "stopped: 1"}
        (of,) = (await seen(http))["rollouts"]
        assert (of["state"], of["why"], of["wave"]) == ("stopped", "by the operator", "one P001")
        # Live progress is that of the last question
        await until(lambda: pile.asked[-1] == 6000)
        (row,) = (await seen(http))["rollouts"][0]["stations"]
        assert (row["pile"], row["phase"], row["online"]) == ("P001", "fetch", True)
        assert row["percent"] == 6000 * 100 // len(STREAM)
        assert (await http.post("/admin/updates/stop", json={})).status_code == 409
        answer = await http.post("/admin/updates/go-on", json={})
        assert answer.json() == {"done": "roll-out 1 is running"}
        await until(lambda: pile.said[-1] == "confirmed")


async def test_a_station_is_sent_back_once(tmp_path, monkeypatch):
    hasten(monkeypatch)
    fleet = Fleet(names_of(1))
    async with fleet_bridge(tmp_path, fleet) as bridge, client(bridge) as http:
        await ended(bridge, await started(bridge, await added(bridge, STREAM), "one P001"))
        for expected in ("told", "refused"):
            answer = await http.post("/admin/updates/rollback", json={"pile": "P001"})
            assert answer.status_code == 200
            await until_rolled_back(http, expected)
        assert fleet["P001"].version == "1.0.0"
        (last, _first) = (await seen(http))["rollbacks"]
        assert last["problem"] == "it has no firmware before this one"


async def until_rolled_back(http, expected):
    """Wait until the newest roll-back is answered so."""
    for _ in range(100):
        rows = (await seen(http))["rollbacks"]
        if rows[0]["state"] == expected:
            return
        await asyncio.sleep(0.03)
    raise AssertionError(rows)


BAD = [
    ("start", b"{", 400),
    ("start", b"[]", 400),
    ("start", b'{"bundle":"x","to":"all","more":1}', 400),
    ("start", b'{"bundle":"x","to":"everywhere"}', 400),
    ("start", b'{"bundle":"x","to":"all"}', 409),
    ("stop", b'{"rollout":"1"}', 400),
    ("stop", b'{"rollout":7}', 409),
    ("go-on", b'{"rollout":7}', 409),
    ("rollback", b'{"pile":"nobody"}', 409),
]


async def test_words_that_cannot_be_followed_change_nothing(tmp_path):
    fleet = Fleet(names_of(1))
    async with fleet_bridge(tmp_path, fleet) as bridge, client(bridge) as http:
        for word, body, code in BAD:
            headers = {"content-type": "application/json"}
            answer = await http.post(f"/admin/updates/{word}", content=body, headers=headers)
            assert (answer.status_code, len(answer.json()["error"]) > 8) == (code, True), body
        assert (await http.get("/admin/updates/stop")).status_code == 405
        # What a page of elsewhere in this machine's browser can send, or a proxy hands on
        good = {"content-type": "application/json"}
        for headers in (
            {"content-type": "text/plain"},
            {"content-type": "application/x-www-form-urlencoded"},
            {**good, "origin": "http://evil.example"},
            {**good, "origin": "null"},
            {**good, "host": "evil.example", "origin": "http://evil.example"},
            {**good, "x-forwarded-for": "127.0.0.1"},
        ):
            content = b'{"pile":"P001"}'
            answer = await http.post("/admin/updates/rollback", content=content, headers=headers)
            assert answer.status_code == 403, headers
        assert (
            await http.get("/admin/updates", headers={"x-forwarded-for": "1"})
        ).status_code == 403
        assert (await seen(http))["rollbacks"] == []
        page = await http.get("/admin/updates", headers={"accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        assert "<h1>Updates</h1>" in page.text


def test_the_page_in_a_browser(tmp_path, monkeypatch):
    require_chromium()
    hasten(monkeypatch)
    fleet = Fleet(names_of(3))
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(in_thread(tmp_path, fleet))
        browser = stack.enter_context(running_browser())
        seen_page = stack.enter_context(browser_page(browser, f"{url}/admin/updates"))
        page, by = seen_page.page, seen_page.page.get_by_test_id
        page.locator("select[name=bundle] option").wait_for(state="attached")
        page.select_option("select[name=wave]", "all")
        by("start").click()
        said = by("said")
        said.filter(has_text="--to one STATION first").wait_for()
        page.select_option("select[name=wave]", "one")
        page.select_option("select[name=station]", "P002")
        by("start").click()
        said.filter(has_text="roll-out 1 to one P002 is running").wait_for()
        by("rollout-1").get_by_text("rolled_back", exact=True).wait_for()
        by("rollout-1").get_by_text("<b>did not start</b>").wait_for()
        by("go-on").click()
        by("rollout-1").get_by_text(": done").wait_for()
        refused = [text for text in seen_page.console_errors if "409" not in text]
        assert (refused, seen_page.foreign_requests) == ([], [])


@contextlib.contextmanager
def in_thread(folder, fleet):
    """Address of a bridge with its piles in a thread of its own; P002 rolls back."""
    ready, ends = threading.Event(), []

    async def serve():
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with fleet_bridge(folder, fleet) as bridge:
            fleet["P002"].fails = ("rolled_back", "<b>did not start</b>")
            await added(bridge, STREAM)
            ends.extend((f"http://127.0.0.1:{bridge.http_port}", loop, over))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield ends[0]
    finally:
        ends[1].call_soon_threadsafe(ends[2].set)
        thread.join(10)


async def test_the_words_of_the_command_line(tmp_path, monkeypatch, capsys):
    hasten(monkeypatch)
    fleet = Fleet(names_of(2))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        monkeypatch.setattr("pilebridge.config.load", lambda _file: bridge.config)
        (tmp_path / "new.bundle").write_bytes(STREAM)

        def say(*words, code=0):
            assert cli.run(list(words)) == code
            return "".join(capsys.readouterr())

        assert "1.1.0 for devkitc" in say("bundle", "add", "c", str(tmp_path / "new.bundle"))
        assert say("rollout", "c", "status") == "no roll-out yet\n"
        for words, text in (
            (("start",), "what, and how far"),
            (("start", "1.1.0", "--to", "some"), "--to 'some': allowed are one STATION"),
            (("start", "2.0.0", "--to", "all"), "no bundle '2.0.0'; here: 1.1.0 for devkitc"),
            (("start", "1.1.0", "--to", "all"), "--to one STATION first"),
            (("start", "1.1.0", "--to", "one", "P001", "--stop-after", "0"), "count from 1"),
            (("stop",), "no roll-out runs"),
            (("go-on", "x"), "is not the number of a roll-out"),
        ):
            assert text in say("rollout", "c", *words, code=2)
        said = say("rollout", "c", "start", "1.1.0", "--to", "one", "P002")
        assert "roll-out 1: 1.1.0 for devkitc" in said
        assert "to one P002: running" in said
        # The bridge, another process for all that it knows, takes it up
        await until(lambda: fleet["P002"].version == "1.1.0")
        await until(lambda: rollout_rows.get(bridge.store.read, 1).state == "done")
        said = say("rollout", "c", "status", "1")
        assert "one P002: done" in said
        assert "  P002 confirmed" in said
        assert "roll-back 1 is stored" in say("rollback", "c", "P002")
        assert "no station 'P009'" in say("rollback", "c", "P009", code=2)
        await until(lambda: fleet["P002"].version == "1.0.0")
        fleet["P001"].stop_at = "fetch"
        start = ("rollout", "c", "start", "1.1.0", "--to", "all", "--skip-waves")
        assert "P001 waiting" in say(*start, "--at-once", "2", "--stop-after", "2")
        await until(lambda: fleet["P001"].said)
        assert "2 at a time, stops after 2" in say("rollout", "c", "stop", "2")
        assert "running" in say("rollout", "c", "go-on")


async def test_a_look_at_a_large_fleet_is_short(tmp_path, monkeypatch, record_property):
    fleet = Fleet(names_of(1))
    async with fleet_bridge(tmp_path, fleet) as bridge:
        made = await added(bridge, STREAM)
        of = await started(bridge, made, "one P001")
        conn = open_database(bridge.config.bridge.database)
        conn.execute("begin")
        rows = [(of.id, f"Q{number}", number) for number in range(1000)]
        insert = "insert into rollout_stations (rollout, pile, place) values (?, ?, ?)"
        conn.executemany(insert, rows)
        conn.execute("commit")
        conn.close()
        began = time.thread_time()
        await rollout_work.RolloutWork.look(bridge.updates)
        took_ms = (time.thread_time() - began) * 1000
        record_property("figure", f"{took_ms:.1f} ms for a look at 1000 stations")
        assert took_ms < 100
        assert len(phases(bridge, of)) == 1001
        assert state(bridge, of) == "running"
