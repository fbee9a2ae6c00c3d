"""The search for holding calls finds what is planted, and takes nothing else for a permit."""

import ast

import pytest

from stall_search import asks_permit, search_file, why_holding
from test_stall_permit import refused

PLANTED = (
    ("import gc\ndef f():\n    gc.collect()\n", "gc.collect"),
    ("from gc import collect as tidy\ndef f():\n    tidy()\n", "gc.collect"),
    ("import gc\nimport micropython\nmicropython.schedule(gc.collect, 0)\n", "gc.collect"),
    ("class S:\n    def f(self):\n        with open('x', 'w') as f:\n            pass\n", "open"),
    ("import os\ndef f():\n    os.rename('a', 'b')\n", "os.rename"),
    ("import json\ndef f(file):\n    json.dump([], file)\n", "json.dump"),
    ("import time\ndef f(ms):\n    time.sleep_ms(ms)\n", "time.sleep_ms"),
    ("from time import sleep\ndef f():\n    sleep(0.02)\n", "time.sleep"),
    ("from time import sleep_us\ndef f(x):\n    sleep_us(x & 65535)\n", "time.sleep_us"),
    ("import socket\ndef f(h):\n    socket.getaddrinfo(h, 1)\n", "socket.getaddrinfo"),
    ("import tls\ndef f():\n    return tls.SSLContext(1)\n", "tls.SSLContext"),
    ("from esp32 import Partition\ndef f():\n    Partition.find(1)\n", "esp32.Partition.find"),
    ("def f():\n    from ..core import dlt645\n", "import evse.core"),
    ("class S:\n    def f(self):\n        self._uart.flush()\n", "uart.flush"),
    ("def f(lines):\n    print(lines)\n", "print"),
    ("import gc\ndef f(p):\n    with p.permit:\n        gc.collect()\n", "gc.collect"),
    ("import gc\ndef f(s):\n    with s.permit.hold(1):\n        return lambda: gc.collect()\n", "gc.collect"),
)  # fmt: skip
QUIET = (
    "import gc\ndef f(s):\n    with s.permit.hold('collect'):\n        gc.collect()\n",
    "def f(permit):\n    with permit.hold('write'), open('x', 'w') as f:\n        f.write('y')\n",
    "from time import sleep_us\ndef f(x):\n    sleep_us(x & 31)\n    sleep_us(9999)\n",
    "import asyncio\nasync def f(link):\n    await asyncio.sleep_ms(500)\n    await link.connect()\n",
    "import os\ndef f():\n    return os.urandom(2)\n",
)


def planted(tmp_path, text):
    path = tmp_path / "evse" / "app" / "planted.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return search_file(path, tmp_path)


@pytest.mark.parametrize(("text", "call"), PLANTED)
def test_a_planted_call_without_a_permit_is_found(tmp_path, text, call):
    hits, _uses = planted(tmp_path, text)
    sentences = refused(hits)
    assert [sentence for sentence in sentences if f"calls {call} (" in sentence], sentences
    assert all(why_holding(hit.call) for hit in hits)


@pytest.mark.parametrize("text", QUIET)
def test_a_planted_call_that_asks_or_is_short_is_fine(tmp_path, text):
    hits, _uses = planted(tmp_path, text)
    assert not refused(hits)


def test_only_a_permit_is_a_permit():
    def items(text):
        return [asks_permit(item) for item in ast.parse(text).body[0].items]

    assert items("with self._permit.hold('x'), door.hold('y'), permit.take(): pass") == [
        True,
        False,
        False,
    ]
