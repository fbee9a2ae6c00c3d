"""Unpack the distribution's mosquitto under build/ where nobody is root (Debian, Ubuntu).

apt-get runs with state folders of its own, downloads mosquitto and the shared libraries that are
missing, and dpkg only unpacks them: nothing on the machine changes.
"""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pilebridge.broker import UNPACKED, BrokerError, find_mosquitto

log = logging.getLogger(__name__)

# Shared library of mosquitto -> Debian packages that may hold it, newest name first
LIBRARIES = {
    "libcap.so": ("libcap2",),
    "libcjson.so": ("libcjson1",),
    "libcom_err.so": ("libcom-err2t64", "libcom-err2"),
    "libcrypto.so": ("libssl3t64", "libssl3"),
    "libdlt.so": ("libdlt2t64", "libdlt2"),
    "libedit.so": ("libedit2",),
    "libev.so": ("libev4t64", "libev4"),
    "libgcrypt.so": ("libgcrypt20",),
    "libgpg-error.so": ("libgpg-error0",),
    "libgssapi_krb5.so": ("libgssapi-krb5-2",),
    "libk5crypto.so": ("libk5crypto3",),
    "libkeyutils.so": ("libkeyutils1",),
    "libkrb5.so": ("libkrb5-3",),
    "libkrb5support.so": ("libkrb5support0",),
    "liblz4.so": ("liblz4-1",),
    "liblzma.so": ("liblzma5",),
    "libmicrohttpd.so": ("libmicrohttpd12t64", "libmicrohttpd12"),
    "libmosquitto.so": ("libmosquitto1",),
    "libnsl.so": ("libnsl2",),
    "libsqlite3.so": ("libsqlite3-0",),
    "libssl.so": ("libssl3t64", "libssl3"),
    "libsystemd.so": ("libsystemd0",),
    "libtirpc.so": ("libtirpc3t64", "libtirpc3"),
    "libuv.so": ("libuv1t64", "libuv1"),
    "libwebsockets.so": ("libwebsockets19t64", "libwebsockets17", "libwebsockets16"),
    "libwrap.so": ("libwrap0",),
    "libzstd.so": ("libzstd1",),
}


def unpack(folder: Path = UNPACKED) -> Path:
    """Path of the unpacked program; BrokerError says what to install where this cannot work."""
    for tool in ("apt-get", "dpkg", "ldd"):
        if shutil.which(tool) is None:
            raise BrokerError(f"no {tool} here: install mosquitto with this system's own packages")
    folder = folder.resolve()
    state = folder.parent / "mosquitto-apt"
    options = _private_state(state)
    if not _download(options, state, ["mosquitto"]):
        log.info("unpack: reading the package lists")
        _run(["apt-get", *options, "update"], state)
        if not _download(options, state, ["mosquitto"]):
            raise BrokerError("apt-get does not know mosquitto: install it as root")
    _extract(state, folder)
    program = folder / "usr" / "sbin" / "mosquitto"
    while True:
        missing = _missing(program, folder)
        if not missing:
            return program
        for library in missing:
            if not _fetch_library(library, options, state):
                raise BrokerError(f"mosquitto needs {library}: install mosquitto as root")
        _extract(state, folder)
        if _missing(program, folder) == missing:
            raise BrokerError(f"mosquitto still misses {', '.join(missing)}: install it as root")


def _private_state(state: Path) -> list[str]:
    """Options that keep apt-get inside `state`; the machine's lists are read when they are there."""
    (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (state / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    system = Path("/var/lib/apt/lists")
    if system.is_dir():
        for index in system.iterdir():
            copy = state / "lists" / index.name
            if index.is_file() and index.name != "lock" and not copy.exists():
                copy.symlink_to(index)
    return [
        "-q",
        "-o", f"Dir::State::lists={state}/lists",
        "-o", f"Dir::Cache={state}/cache",
        "-o", "APT::Sandbox::User=",
        "-o", "Debug::NoLocking=1",
    ]  # fmt: skip


def _fetch_library(library: str, options: list[str], state: Path) -> bool:
    stem = library.split(".so", maxsplit=1)[0] + ".so"
    return any(_download(options, state, [name]) for name in LIBRARIES.get(stem, ()))


def _download(options: list[str], state: Path, packages: list[str]) -> bool:
    # `download` checks the archive against the signed lists
    return _run(["apt-get", *options, "download", *packages], state).returncode == 0


def _run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=folder, check=False, capture_output=True, text=True, timeout=300
    )


def _extract(state: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for package in sorted(state.glob("*.deb")):
        done = _run(["dpkg", "-x", str(package), str(folder)], state)
        if done.returncode != 0:
            raise BrokerError(f"dpkg could not unpack {package.name}: {done.stderr.strip()}")


def _missing(program: Path, folder: Path) -> list[str]:
    folders = sorted({str(lib.parent) for lib in folder.rglob("*.so*")})
    environment = {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(folders)}
    listing = subprocess.run(
        ["ldd", str(program)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
        timeout=30,
    )
    lines = listing.stdout.splitlines()
    return [line.split("=>")[0].strip() for line in lines if "not found" in line]


def main() -> int:
    """Unpack where no mosquitto is found; exit code 0 when one can be run afterwards."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        program, _ = find_mosquitto()
    except BrokerError:
        try:
            program = str(unpack())
        except (BrokerError, OSError, subprocess.SubprocessError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
    log.info("mosquitto: %s", program)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
