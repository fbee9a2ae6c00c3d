"""Update by cable: a whole bundle of the right board reaches the pile, and the outcome is one true sentence."""

import hashlib
import json

import pytest
from fake_console import FakePile

from pilectl import __main__
from pilectl.updating import bundle_file


def bundle(folder, board="devkitc", version=(1, 2, 3), spoil=None):
    """A bundle file; its signature is nobody's."""
    files = {"evse/pile.mpy": bytes(range(256)) * 20, "evse/link.mpy": b"L" * 999}
    rows = [[name, len(data), hashlib.sha256(data).hexdigest()] for name, data in files.items()]
    manifest = json.dumps(
        {
            "product": "pilelink",
            "board": board,
            "version": list(version),
            "minimum": [1, 0, 0],
            "files": rows,
        }
    ).encode()
    data = len(manifest).to_bytes(4, "big") + manifest + bytes(384) + b"".join(files.values())
    path = folder / "new.bundle"
    path.write_bytes(spoil(bytearray(data)) if spoil else data)
    return path


def update(fake, file, capsys, *words, wait="9"):
    status = __main__.main(["update", fake.port, str(file), "--wait", wait, *words])
    seen = capsys.readouterr()
    return status, seen.out, seen.err


def runs(version, trial=False):
    def restarted(fake):
        fake.answers["status"].update(
            firmware=version, update={"slot": "b", "version": version, "trial": trial}
        )

    return restarted


def test_the_bundle_arrives_byte_by_byte_and_the_trial_is_waited_out(tmp_path, capsys):
    place = tmp_path / "pile"
    place.mkdir()
    file = bundle(tmp_path)

    def confirm(fake, name):
        if fake.starts and fake.asked.count("status") > 4:
            fake.answers["status"]["update"]["trial"] = False

    with FakePile(place) as fake:
        fake.on_restart = runs("1.2.3", trial=True)
        fake.before_answer = confirm
        status, out, err = update(fake, file, capsys)
        assert (status, out) == (0, "P001 runs 1.2.3 for good.\n"), err
        assert fake.starts == 1
    assert (place / "update.bundle").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("phase", ["%s: refused 0", "%s rolled back:", ": refused 0"])
def test_a_refusal_is_told_with_the_piles_reason(phase, tmp_path, capsys):
    name = bundle_file.load(bundle(tmp_path)).id[:8]
    with FakePile(tmp_path) as fake:
        what = f"{phase.replace('%s', name)} wrong signature"
        event = {"up_s": 4, "task": "update", "what": what}
        fake.on_restart = lambda fake: fake.answers["log"]["events"].append(event)
        status, out, _ = update(fake, bundle(tmp_path), capsys)
        assert status == 1
        expected = "P001 did not take the bundle and runs 0.1.0: wrong signature\n"
        assert out == expected


def test_a_trial_that_nobody_confirms_is_said_to_be_one(tmp_path, capsys):
    with FakePile(tmp_path) as fake:
        fake.on_restart = runs("1.2.3", trial=True)
        status, out, _ = update(fake, bundle(tmp_path), capsys, wait="1.5")
        assert status == 1
        assert "runs 1.2.3 on trial and has not confirmed it" in out


def test_the_bundle_of_another_board_and_a_charging_pile_are_left_alone(tmp_path, capsys):
    with FakePile(tmp_path) as fake:
        status, _, err = update(fake, bundle(tmp_path, board="esp32c6"), capsys)
        assert status == 1
        assert "for the board esp32c6 and this is devkitc: take the bundle of this board" in err
        fake.vehicle("C", offered=True)
        status, _, err = update(fake, bundle(tmp_path), capsys)
        assert status == 1
        assert "The pile is charging: stop the charge first" in err
        assert not any(line.startswith("maint") for line in fake.asked)
    assert not (tmp_path / "update.bundle").exists()


def cut(data):
    return bytes(data[:-10])


def altered(data):
    data[-1] ^= 1
    return bytes(data)


def longer(data):
    return bytes(data) + b"x"


def no_head(data):
    return b"\xff\xff" + bytes(data)


@pytest.mark.parametrize("spoil", [cut, altered, longer, no_head])
def test_a_bundle_that_is_not_whole_never_reaches_the_port(spoil, tmp_path, capsys):
    file = bundle(tmp_path, spoil=spoil)
    assert __main__.main(["update", "/dev/ttyUSB99", str(file)]) == 2
    assert "this is no whole bundle" in capsys.readouterr().err


def test_a_pile_that_tells_its_trial_by_events_only_is_waited_for(tmp_path, capsys):
    file = bundle(tmp_path)
    name = bundle_file.load(file).id[:8]

    def say(fake, what):
        fake.answers["log"]["events"].append({"up_s": 2, "task": "update", "what": what})

    def trial(fake):
        fake.answers["status"]["firmware"] = "1.2.3"
        say(fake, f"{name}: trial 0")
        # An earlier bundle that failed is none of this one's business
        say(fake, "00000000 rolled back: three starts failed")

    def confirm(fake, _command):
        if fake.asked.count("log 50") == 2:
            say(fake, f"{name}: confirmed 0")

    with FakePile(tmp_path) as fake:
        fake.on_restart = trial
        fake.before_answer = confirm
        status, out, _ = update(fake, file, capsys)
        assert (status, out) == (0, "P001 runs 1.2.3 for good.\n")
        assert fake.asked.count("log 50") == 2


def test_the_same_version_again_counts_only_when_the_pile_says_so(tmp_path, capsys):
    file = bundle(tmp_path, version=(0, 1, 0))
    with FakePile(tmp_path) as fake:
        status, out, _ = update(fake, file, capsys, wait="1")
        assert status == 1
        assert "still runs 0.1.0 and does not say why" in out
        said = {"up_s": 3, "task": "update.bundle", "what": "is what runs already: removed"}
        fake.answers["log"]["events"].append(said)
        status, out, _ = update(fake, file, capsys)
        assert (status, out) == (0, "P001 runs 0.1.0 for good.\n")
