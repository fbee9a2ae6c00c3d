"""`pilebridge CONFIG.toml` runs the bridge; `check` only reads the file; other words: cli.py."""

import argparse
import asyncio
import logging
import signal
import sys

from pilebridge import cli, collector, config
from pilebridge.application import Application
from pilebridge.broker import BrokerError
from pilebridge.settings import Config
from pilebridge.store import StoreError

log = logging.getLogger("pilebridge")


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 after a clean stop, 1 when the bridge failed, 2 for refused settings."""
    code = cli.run(sys.argv[1:] if argv is None else argv)
    if code is not None:
        return code
    parser = argparse.ArgumentParser(prog="pilebridge", description="cloud bridge of the piles")
    parser.add_argument("words", nargs="+", metavar="[check] CONFIG.toml")
    parser.add_argument("--verbose", action="store_true", help="log every message")
    arguments = parser.parse_args(argv)
    words = list(arguments.words)
    check_only = len(words) == 2 and words[0] == "check"
    if len(words) != 1 and not check_only:
        parser.error("expected one settings file, with `check` before it or not")
    try:
        settings = config.load(words[-1])
    except config.ConfigError as error:
        sys.stderr.write(f"pilebridge: {error}\n")
        return 2
    if check_only:
        sys.stdout.write(f"pilebridge: {words[-1]} is valid\n")
        return 0
    level = logging.DEBUG if arguments.verbose else logging.INFO
    logging.basicConfig(level=level, format="%(asctime)s %(levelname).1s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("gmqtt").setLevel(logging.ERROR)
    return asyncio.run(_run(settings))


async def _run(settings: Config) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    application = Application(settings)
    try:
        await application.start()
    except (OSError, BrokerError, StoreError) as error:
        sys.stderr.write(f"pilebridge: {error}\n")
        return 1
    collector.settle()
    host = settings.bridge.http.host
    broker = "127.0.0.1" if settings.mqtt.broker.start else settings.mqtt.host
    sys.stdout.write(
        f"pilebridge: ready http://{host}:{application.http_port}"
        f" mqtt {broker}:{application.mqtt_port}\n"
    )
    sys.stdout.flush()
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(application.failed.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    log.info("bridge: stopping")
    await application.stop()
    return 1 if application.failed.is_set() else 0


if __name__ == "__main__":
    raise SystemExit(main())
