"""The command `sandbox`: serve the test bench until Ctrl-C; `sandbox csms` serves the one of OCPP."""

import argparse
import ipaddress
import logging
import socket
import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType

import uvicorn

from sandbox.config import Config, ConfigError, load, parse_address, parse_url
from sandbox.csms import cli as csms
from sandbox.platform import Platform
from sandbox.server import create_app

log = logging.getLogger("sandbox")


class Server(uvicorn.Server):
    """uvicorn that ends the event streams first, since it waits for open responses."""

    def __init__(self, config: uvicorn.Config, platform: Platform) -> None:
        super().__init__(config)
        self._platform = platform

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say where."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            print(f"page    http://{shown}:{port}/", flush=True)
            print(f"T/CEC   http://{shown}:{port}/evcs/v1/", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ctrl-C or SIGTERM."""
        self._platform.hub.close()
        super().handle_exit(sig, frame)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["csms"]:
        return csms.main(words[1:])
    parser = argparse.ArgumentParser(
        prog="sandbox",
        description="A strict T/CEC 102 test platform with a driver's page. Not a real platform.",
    )
    parser.add_argument(
        "config", help="a TOML file, or serve for the built-in bench; csms: OCPP, see csms --help"
    )
    parser.add_argument(
        "--listen", metavar="HOST:PORT", help="default 127.0.0.1:8202; port 0: any"
    )
    parser.add_argument("--bridge", metavar="URL", help="the bridge's prefix, …/evcs/v1")
    parser.add_argument("--verbose", action="store_true", help="log the periodic questions too")
    options = parser.parse_args(words)
    try:
        config = _config(options)
    except ConfigError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    level = logging.DEBUG if options.verbose else logging.INFO
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(asctime)s %(message)s")
    log.setLevel(level)
    _introduce(config)
    platform = Platform(config)
    Server(
        uvicorn.Config(
            create_app(platform),
            host=config.host,
            port=config.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=3,
        ),
        platform,
    ).run()
    return 0


def _config(options: argparse.Namespace) -> Config:
    config = Config() if options.config == "serve" else load(Path(options.config))
    if options.listen:
        host, port = parse_address(options.listen)
        config = replace(config, host=host, port=port)
    if options.bridge:
        config = replace(config, bridge_url=parse_url(options.bridge))
    return config


def _introduce(config: Config) -> None:
    print("This is a test bench (测试台), not a real charging platform.")
    print(
        f"platform {config.platform_id}, operator {config.bridge_id}, bridge {config.bridge_url}"
    )
    try:
        loopback = ipaddress.ip_address(config.host).is_loopback
    except ValueError:
        loopback = config.host == "localhost"
    if not loopback:
        print(f"WARNING: {config.host} is reachable from outside; anyone there can start a charge")


if __name__ == "__main__":
    sys.exit(main())
