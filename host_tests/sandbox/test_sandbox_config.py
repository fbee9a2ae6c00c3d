"""The configuration file and the command line: what is wrong is named, nothing is guessed."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from sandbox.__main__ import main
from sandbox.config import Config, ConfigError, from_tree, load, parse_address, parse_url

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "operator_id": "MA5OTHER1",
    "operator_secret": "login",
    "data_secret": "0123456789abcdef",
    "data_iv": "fedcba9876543210",
    "sig_secret": "sign",
}
FILE = """
[listen]
address = "127.0.0.1:9000"
[bridge]
url = "https://bridge.test/evcs/v1/"
[times]
status_poll_s = 5
[calls_to_bridge]
operator_id = "MA5OTHER1"
operator_secret = "login"
data_secret = "0123456789abcdef"
data_iv = "fedcba9876543210"
sig_secret = "sign"
"""


def test_file_sets_what_it_names_and_leaves_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.toml"
    path.write_text(FILE)
    config = load(path)
    assert (config.host, config.port) == ("127.0.0.1", 9000)
    assert config.bridge_url == "https://bridge.test/evcs/v1"
    assert (config.status_poll_s, config.discovery_s) == (5.0, Config().discovery_s)
    assert (config.platform_id, config.bridge_id) == ("MA5OTHER1", "MA5PILE01")


def test_default_listens_on_loopback_only() -> None:
    assert Config().host == "127.0.0.1"


@pytest.mark.parametrize(
    ("tree", "named"),
    [
        ({"listn": {}}, "listn: unknown"),
        ({"listen": {"port": 1}}, "listen.port: unknown"),
        ({"listen": "x"}, "listen: expected a table"),
        ({"listen": {"address": 8080}}, "listen.address"),
        ({"bridge": {"url": "ftp://x"}}, "bridge.url"),
        ({"times": {"discovery_s": 0}}, "times.discovery_s"),
        ({"times": {"discovery_s": True}}, "times.discovery_s"),
        ({"times": {"other_s": 1}}, "times.other_s: unknown"),
        ({"calls_to_bridge": {"operator_id": "x"}}, "calls_to_bridge."),
        ({"calls_to_bridge": SECRETS | {"data_iv": "short"}}, "calls_to_bridge.data_iv"),
        ({"calls_from_bridge": SECRETS | {"extra": "x"}}, "calls_from_bridge.extra: unknown"),
    ],
)
def test_wrong_key_or_value_is_named(tree: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named.replace(".", r"\.")):
        from_tree(tree)


def test_file_that_is_missing_or_not_toml_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("= 1")
    with pytest.raises(ConfigError):
        load(tmp_path / "bad.toml")


@pytest.mark.parametrize("text", ["8080", "host:", "host:x", "host:65536", "host:-1", ""])
def test_bad_listen_address(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_address(text)


def test_good_addresses() -> None:
    assert parse_address(":80") == ("127.0.0.1", 80)
    assert parse_address("[::1]:80") == ("::1", 80)
    assert parse_url("http://x/evcs/v1/") == "http://x/evcs/v1"


def test_command_refuses_a_bad_file_with_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err


@pytest.mark.processes
def test_command_serves_says_what_it_is_and_ends_on_sigterm() -> None:
    command = [sys.executable, "-u", "-m", "sandbox", "serve"]
    # Port 9 is nobody's: the bench must come up without a bridge
    command += ["--listen", "127.0.0.1:0", "--bridge", "http://127.0.0.1:9/evcs/v1"]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((f"{ROOT}/tools", f"{ROOT}/firmware"))
    }
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline()]
            assert "not a real charging platform" in lines[0]
            while not lines[-1].startswith("page "):
                assert process.poll() is None, lines
                lines.append(process.stdout.readline())
            url = lines[-1].split()[1]
            assert url.startswith("http://127.0.0.1:")
            # An open event stream must not hold up the end
            events = urllib.request.urlopen(url + "api/events", timeout=5)
            assert events.readline() == b"retry: 2000\n"
            process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=10)[0]
            events.close()
        finally:
            process.kill()
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in rest
    assert "ERROR" not in rest


def test_example_file_shows_the_defaults() -> None:
    assert load(ROOT / "tools" / "sandbox" / "example.toml") == Config()
