"""SNTP client: takes the time from a good answer to its own question only, and never gives up asking."""

import asyncio
from itertools import pairwise

import pytest
from ntp_server import NtpServer, answer

from interpreters import ROOT, find_micropython
from pilesim import host
from pilesim.world import World

NOW_S = 1_763_600_000


def play(story, answers, speed=20):
    """Run story(ntp, server, times) against a server, in time that runs `speed` times."""
    world = World(1)
    host.install(world)
    world.clock.pace(host.RealTime(), speed * 1000)

    async def main():
        from evse.link.ntp import Ntp

        server = await NtpServer(answers).start()
        times = []
        try:
            return await story(Ntp("127.0.0.1", times.append, port=server.port), server, times)
        finally:
            server.stop()

    try:
        return host.run(main())
    finally:
        host.uninstall()


def asked(answers):
    """What one question gives."""

    async def story(ntp, server, _times):
        utc_s = await ntp.ask()
        assert len(server.questions) == 1
        return utc_s, ntp.last_error

    return play(story, answers, speed=2)


def test_a_good_answer_is_the_time():
    assert asked(lambda question: [answer(question, NOW_S)]) == (NOW_S, "")


def test_half_a_second_is_rounded():
    assert asked(lambda q: [answer(q, NOW_S, fraction=0x7FFFFFFF)])[0] == NOW_S
    assert asked(lambda q: [answer(q, NOW_S, fraction=0x80000000)])[0] == NOW_S + 1


def test_seconds_after_2036_are_of_the_next_era():
    later_s = 2_300_000_000
    assert asked(lambda question: [answer(question, later_s)])[0] == later_s


def test_the_question_is_a_clients_and_never_the_same():
    async def story(ntp, server, _times):
        for _ in range(3):
            await ntp.ask()
        questions = [data for _at_s, data in server.questions]
        assert {len(data) for data in questions} == {48}
        assert {data[:40] for data in questions} == {b"\x23" + bytes(39)}
        assert len({data[40:] for data in questions}) == 3

    play(story, lambda question: [answer(question, NOW_S)], speed=2)


BAD = {
    "another's question": lambda q: answer(q, NOW_S, originate=b"12345678"),
    "no question": lambda q: answer(q, NOW_S, originate=bytes(8)),
    "a client's packet": lambda q: answer(q, NOW_S, first=0x23),
    "a broadcast": lambda q: answer(q, NOW_S, first=0x25),
    "not synchronised": lambda q: answer(q, NOW_S, first=0xE4),
    "kiss of death": lambda q: answer(q, NOW_S, stratum=0),
    "stratum 16": lambda q: answer(q, NOW_S, stratum=16),
    "before 2024": lambda q: answer(q, 1_704_067_199),
    "after 2100": lambda q: answer(q, 4_102_444_801),
    "no time": lambda q: answer(q, NOW_S, seconds=0),
    "cut off": lambda q: answer(q, NOW_S)[:47],
    "empty": lambda q: b"",
    "the question itself": lambda q: q,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_no_time(name):
    utc_s, said = asked(lambda question: [BAD[name](question)])
    assert utc_s is None
    assert said == "no answer from 127.0.0.1"


@pytest.mark.parametrize("name", BAD)
def test_a_good_answer_behind_bad_ones_is_taken(name):
    forged = BAD[name]
    utc_s, _said = asked(lambda q: [forged(q)] * 3 + [answer(q, NOW_S)])
    assert utc_s == NOW_S


def test_a_port_where_nobody_listens_is_silence():
    async def story(ntp, server, _times):
        server.stop()
        await asyncio.sleep(0.1)
        assert await ntp.ask() is None
        assert ntp.last_error

    play(story, lambda _question: [])


def test_an_address_that_cannot_be_reached_ends_nothing():
    async def story(_ntp, _server, times):
        from evse.link.ntp import Ntp

        ntp = Ntp("255.255.255.255", times.append)
        running = asyncio.create_task(ntp.run())
        await asyncio.sleep(30)
        assert not running.done()
        assert ntp.last_error
        running.cancel()
        assert times == []

    play(story, lambda _question: [], speed=100)


def test_asks_soon_then_every_six_hours():
    async def story(ntp, server, times):
        running = asyncio.create_task(ntp.run())
        began_s = asyncio.get_running_loop().time()
        await asyncio.sleep(5)
        assert times == [NOW_S]
        await asyncio.sleep(6 * 3600)
        running.cancel()
        assert times == [NOW_S, NOW_S]
        gaps = [at_s - began_s for at_s, _data in server.questions]
        assert gaps[0] < 2
        assert 6 * 3600 <= gaps[1] < 6 * 3600 + 5

    # Real packets need real time: no faster than they come
    play(story, lambda question: [answer(question, NOW_S)], speed=5000)


def test_silence_is_asked_again_after_growing_waits():
    async def story(ntp, server, times):
        running = asyncio.create_task(ntp.run())
        await asyncio.sleep(600)
        running.cancel()
        assert times == []
        marks = [at_s for at_s, _data in server.questions]
        waits = [later - earlier for earlier, later in pairwise(marks)]
        assert waits[0] < 5
        assert [round(wait_s) for wait_s in waits[:5]] == [3, 5, 9, 17, 33]
        assert 60 <= waits[-1] <= 70

    play(story, lambda _question: [], speed=200)


SCRIPT = """
import asyncio, sys
from evse.link.ntp import Ntp
async def main():
    turns = [0]
    async def count():
        while True:
            await asyncio.sleep_ms(1)
            turns[0] += 1
    task = asyncio.create_task(count())
    ntp = Ntp("127.0.0.1", print, port=int(sys.argv[1]))
    print(await ntp.ask(), await ntp.ask(), ntp.last_error)
    task.cancel()
    print("turns", turns[0])
asyncio.run(main())
"""


async def test_the_same_under_micropython_and_the_loop_goes_on_meanwhile(tmp_path):
    binary = find_micropython()
    if binary is None:
        pytest.skip("no micropython beside this Python or on PATH")
    good = [True]

    def answers(question):
        return [answer(question, NOW_S + 7)] if good and good.pop() else []

    server = await NtpServer(answers).start()
    script = tmp_path / "ask.py"
    script.write_text(SCRIPT)
    try:
        process = await asyncio.create_subprocess_exec(
            binary,
            str(script),
            str(server.port),
            env={"MICROPYPATH": f"{ROOT / 'firmware'}:.frozen"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 30)
    finally:
        server.stop()
    lines = output.decode().splitlines()
    assert lines[0] == f"{NOW_S + 7} None no answer from 127.0.0.1", output
    # One question waits a second for nothing, in 50 looks
    assert int(lines[1].split()[1]) >= 50
