"""Set up a checkout: the virtual environment, umqtt.simple as shipped, and a broker.

Usage: python3 tools/setup.py .venv. Needs Python 3.11 or newer and the network; never root.
"""

import importlib.util
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
# The version on PyPI. Stock firmware brings its own; the link works with both
UMQTT = "micropython-umqtt.simple==1.3.4"


def run(*command):
    """Run a command in the checkout; its failure ends the set-up."""
    subprocess.run([str(word) for word in command], cwd=ROOT, check=True)


def environment(folder):
    """A virtual environment with the pinned tools and this project; returns its Python."""
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"setup: creating {folder.name}")
        venv.create(folder, with_pip=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    print("setup: installing requirements-dev.txt")
    run(*pip, "--requirement", "requirements-dev.txt")
    run(*pip, "--no-deps", "--editable", ".")
    return python


def umqtt(folder):
    """umqtt.simple from its source archive into build/lib; pip cannot install this package itself."""
    target = BUILD / "lib" / "umqtt" / "simple.py"
    if target.exists():
        return
    print(f"setup: fetching {UMQTT}")
    archives = BUILD / "umqtt"
    command = [str(folder / "bin" / "unearth"), UMQTT, "--download", str(archives)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"setup: {UMQTT} could not be fetched:\n{done.stderr or done.stdout}")
    with tarfile.open(next(archives.glob("*.tar.gz"))) as archive:
        member = next(m for m in archive.getmembers() if m.name.endswith("umqtt/simple.py"))
        source = archive.extractfile(member)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read())


def broker(python):
    """mosquitto: installed, or the distribution's package unpacked into build/, or a clear word."""
    if shutil.which("mosquitto") or Path("/usr/sbin/mosquitto").exists():
        return
    print("setup: no mosquitto installed, unpacking the distribution's package into build/")
    done = subprocess.run(
        [str(python), "-m", "pilebridge.mosquitto_unpack"], cwd=ROOT, check=False
    )
    if done.returncode:
        print("setup: install mosquitto (2.0 or newer) with your system's packages, then again")
        sys.exit(1)


def main():
    """Do it all; safe to repeat."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs before anything checked it
        sys.exit(f"setup: Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit("setup: this Python cannot make virtual environments: install python3-venv")
    folder = (ROOT / (sys.argv[1] if len(sys.argv) > 1 else ".venv")).absolute()
    BUILD.mkdir(exist_ok=True)
    python = environment(folder)
    umqtt(folder)
    broker(python)
    print("setup: ready")


if __name__ == "__main__":
    main()
