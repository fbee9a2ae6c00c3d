"""What the update does with files, each under the stall permit. Loaded when needed, like all that uses it."""

import json
import os

from ..core import manifest
from .updates import SLOTS_FILE

# A file takes whole blocks, and a folder two
BLOCK_BYTES = 4096


class RefusedError(Exception):
    """The update is not made; the text is the sentence that says why and what to do."""


class SlotFiles:
    """The files of the root and of both slots; RefusedError where the file system fails."""

    def __init__(self, permit):
        self.permit = permit

    def kept(self):
        """What slots.json says."""
        with self.permit.hold("slots.json"):
            try:
                with open(SLOTS_FILE) as file:
                    return json.loads(file.read())
            except (OSError, ValueError):
                raise RefusedError("slots.json cannot be read: restart the pile")

    def keep(self, state):
        """Write slots.json anew; a loss of power leaves the old one or this one."""
        self.replace(SLOTS_FILE, json.dumps(state).encode())

    def replace(self, path, data):
        """Write a whole file; a loss of power leaves the old one or this one."""
        with self.permit.hold(path):
            try:
                with open(path + ".new", "wb") as file:
                    file.write(data)
                os.rename(path + ".new", path)
            except OSError as error:
                raise RefusedError(_unwritten(path, error))

    def add_to(self, path, data):
        """Write behind what a file holds; begins it if there is none."""
        with self.permit.hold(path):
            try:
                with open(path, "ab") as file:
                    file.write(data)
            except OSError as error:
                raise RefusedError(_unwritten(path, error))

    def piece(self, path, at, most):
        """Up to `most` bytes of a file from `at` on; fewer at its end."""
        with self.permit.hold(path):
            try:
                with open(path, "rb") as file:
                    file.seek(at)
                    return file.read(most)
            except OSError as error:
                raise RefusedError("%s could not be read (%s): send it again" % (path, error))

    def size(self, path):
        """Bytes of a file, -1 without one."""
        with self.permit.hold(path):
            try:
                return os.stat(path)[6]
            except OSError:
                return -1

    def remove(self, path):
        """Remove a file or an empty folder; none is no failure."""
        with self.permit.hold(path):
            try:
                if os.stat(path)[0] & 0x4000:
                    os.rmdir(path)
                else:
                    os.remove(path)
            except OSError:
                pass

    def make_folder(self, path):
        """Make a folder; one that is there already is no failure, nor a loss: the file in it fails."""
        with self.permit.hold(path):
            try:
                os.mkdir(path)
            except OSError:
                pass

    def listing(self, path):
        """Names in a folder; none without one."""
        with self.permit.hold(path):
            try:
                return os.listdir(path)
            except OSError:
                return []

    def free_bytes(self):
        """Room that the file system has."""
        with self.permit.hold("statvfs"):
            found = os.statvfs(".")
            return found[1] * found[4]

    def manifest_of(self, slot):
        """The manifest of a slot that is whole, and its id; RefusedError for another."""
        path = slot + "/manifest.json"
        data = self.piece(path, 0, manifest.MOST_BYTES)
        try:
            found = manifest.parse(data)
        except ValueError as error:
            raise RefusedError(str(error))
        for path, size, _hash in found["files"]:
            if self.size(slot + "/" + path) != size:
                raise RefusedError("the other slot lacks %s: update instead" % path)
        return found, manifest.name(data)


def taken_bytes(size):
    """What a file of this size takes of the file system, at most."""
    return (size // BLOCK_BYTES + 1) * BLOCK_BYTES


def other(slot):
    """The slot that does not run."""
    return "b" if slot == "a" else "a"


def _unwritten(path, error):
    return "%s could not be written (%s): is the file system full? Free some of it" % (path, error)
