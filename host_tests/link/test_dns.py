"""Names are looked up without holding the interpreter, and nobody but the server asked may answer."""

import asyncio
from itertools import pairwise

import pytest
from dns_server import DnsServer

from interpreters import ROOT, find_micropython
from pilesim import host
from pilesim.world import World

NAME = "broker.example"


class Bearer:
    """Knows the name server that DHCP told."""

    dns_server = "127.0.0.1"


def play(story, bearer=Bearer, setting="", **table):
    """Run story(dns, server, world) in virtual time."""
    world = World(1)
    host.install(world)
    world.names.table = {NAME: (("10.0.0.1",), 300), **table}

    async def main():
        from evse.link.dns import Dns

        server = await DnsServer(world.names).start()
        try:
            return await story(Dns(bearer, setting, server.port), server, world)
        finally:
            server.stop()

    try:
        return host.run(main())
    finally:
        host.uninstall()


async def failure(dns, name=NAME):
    with pytest.raises(OSError, match=r"^DNS: ") as caught:
        await dns.resolve(name)
    return str(caught.value)


def test_a_number_needs_no_server():
    async def story(dns, server, _world):
        assert await dns.resolve("10.1.2.3") == "10.1.2.3"
        assert server.questions == []

    play(story)


@pytest.mark.parametrize(("told", "setting"), [("127.0.0.1", ""), ("", "127.0.0.1")])
def test_the_server_is_the_settings_or_else_the_one_that_dhcp_told(told, setting):
    class Told:
        dns_server = told

    async def story(dns, server, _world):
        assert await dns.resolve(NAME) == "10.0.0.1"
        assert len(server.questions) == 1

    play(story, Told, setting)


def test_without_a_server_there_is_a_sentence():
    class Told:
        dns_server = ""

    async def story(dns, _server, _world):
        assert await failure(dns) == "DNS: broker.example: no server known, set dns_server"

    play(story, Told)


def test_an_address_is_kept_for_its_time_to_live_and_then_asked_for_again():
    async def story(dns, server, world):
        assert await dns.resolve(NAME) == "10.0.0.1"
        world.names.table[NAME] = (("10.0.0.2",), 300)
        await asyncio.sleep(298)
        assert await dns.resolve(NAME) == "10.0.0.1"
        assert len(server.questions) == 1
        await asyncio.sleep(3)
        assert await dns.resolve(NAME) == "10.0.0.2"
        assert len(server.questions) == 2

    play(story)


@pytest.mark.parametrize(("ttl_s", "asked"), [(0, 3), (86400, 2)])
def test_none_is_kept_longer_than_an_hour_nor_without_a_time_to_live(ttl_s, asked):
    async def story(dns, server, _world):
        for pause_s in (1, 3601, 1):
            await dns.resolve("long.example")
            await asyncio.sleep(pause_s)
        assert len(server.questions) == asked

    play(story, **{"long.example": (("10.0.0.1",), ttl_s)})


def test_several_addresses_are_given_in_turn():
    async def story(dns, server, _world):
        given = [await dns.resolve("lb.example") for _ in range(4)]
        assert given == ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1"]
        assert len(server.questions) == 1

    play(story, **{"lb.example": (("10.0.0.1", "10.0.0.2", "10.0.0.3"), 60)})


def test_silence_is_asked_again_after_one_two_and_four_seconds_with_other_numbers_and_ports():
    async def story(dns, server, world):
        world.set_fault("dns_silent", True)
        began_s = asyncio.get_running_loop().time()
        said = await failure(dns)
        assert said == "DNS: broker.example: no answer from 127.0.0.1"
        assert 7 <= asyncio.get_running_loop().time() - began_s < 7.1
        waits_s = [later[0] - earlier[0] for earlier, later in pairwise(server.questions)]
        assert [round(wait_s) for wait_s in waits_s] == [1, 2]
        for _ in range(4):
            await failure(dns)
        assert len(server.questions) == 15
        assert len({data[:2] for _s, _address, data in server.questions}) == 15
        ports = {address[1] for _s, address, _data in server.questions}
        assert len(ports) == 15
        assert min(ports) >= 49152

    play(story)


def test_the_last_address_outlives_a_server_that_is_silent_or_fails():
    async def story(dns, server, world):
        assert await dns.resolve(NAME) == "10.0.0.1"
        world.set_fault("dns_silent", True)
        await asyncio.sleep(100_000)
        assert await dns.resolve(NAME) == "10.0.0.1"
        assert len(server.questions) == 4
        world.set_fault("dns_silent", False)
        world.names.failure = 2
        assert await dns.resolve(NAME) == "10.0.0.1"
        assert await failure(dns, "new.example") == "DNS: new.example: server failure 2"
        server.stop()
        await asyncio.sleep(1)
        assert await dns.resolve(NAME) == "10.0.0.1"

    play(story)


def test_a_name_that_is_no_more_is_named_though_there_was_an_address():
    async def story(dns, _server, world):
        assert await dns.resolve(NAME) == "10.0.0.1"
        del world.names.table[NAME]
        world.names.table["v6.example"] = ((), 60)
        await asyncio.sleep(301)
        assert await failure(dns) == "DNS: broker.example: no such name"
        assert await failure(dns, "v6.example") == "DNS: v6.example: no IPv4 address"
        world.names.table[NAME] = (("10.0.0.7",), 60)
        assert await dns.resolve(NAME) == "10.0.0.7"

    play(story)


def test_liars_are_not_believed_and_do_not_hide_the_truth():
    async def story(dns, server, world):
        world.set_fault("dns_lying", True)
        assert await failure(dns) == "DNS: broker.example: no answer from 127.0.0.1"
        lies = world.names.answers
        world.set_fault("dns_lying", False)

        def both(question):
            world.names.set_fault("dns_lying", True)
            packets = lies(question)
            world.names.set_fault("dns_lying", False)
            return packets + world.names.answers(question)

        server.answers = both
        assert await dns.resolve(NAME) == "10.0.0.1"

    play(story)


def test_an_answer_from_another_address_or_port_is_not_taken():
    async def story(dns, server, world):
        other = await DnsServer(world.names).start()
        loop = asyncio.get_running_loop()
        neighbour, _protocol = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.2", 0)
        )

        def from_others(question):
            _s, address, _data = server.questions[-1]
            for packet in world.names.answers(question):
                other.send(packet, address)
                neighbour.sendto(packet, address)
            return []

        server.answers = from_others
        assert await failure(dns) == "DNS: broker.example: no answer from 127.0.0.1"
        other.stop()
        neighbour.close()

    play(story)


def test_two_tasks_may_ask_at_once():
    async def story(dns, _server, _world):
        given = await asyncio.gather(dns.resolve(NAME), dns.resolve("ntp.example"))
        assert given == ["10.0.0.1", "10.0.0.9"]

    play(story, **{"ntp.example": (("10.0.0.9",), 60)})


SCRIPT = """
import asyncio, sys
from evse.link.dns import Dns
class Bearer:
    dns_server = "127.0.0.1"
async def main():
    turns = [0]
    async def count():
        while True:
            await asyncio.sleep_ms(1)
            turns[0] += 1
    task = asyncio.create_task(count())
    dns = Dns(Bearer, "", int(sys.argv[1]))
    print(await dns.resolve("broker.example"), await dns.resolve("broker.example"))
    for name in ("other.example", "silent.example"):
        try:
            print(await dns.resolve(name))
        except OSError as error:
            print(error)
    task.cancel()
    print("turns", turns[0])
asyncio.run(main())
"""


async def test_the_same_under_micropython_and_the_loop_goes_on_meanwhile(tmp_path):
    from pilesim.names import Names

    binary = find_micropython()
    if binary is None:
        pytest.skip("no micropython beside this Python or on PATH")
    names = Names()
    names.table[NAME] = (("10.0.0.1", "10.0.0.2"), 300)
    server = await DnsServer(names).start()
    server.answers = lambda data: [] if b"silent" in data else names.answers(data)
    script = tmp_path / "resolve.py"
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
    assert lines[:3] == [
        "10.0.0.1 10.0.0.2",
        "DNS: other.example: no such name",
        "DNS: silent.example: no answer from 127.0.0.1",
    ], output
    # Seven seconds of silence, in 350 looks
    assert int(lines[3].split()[1]) >= 350
