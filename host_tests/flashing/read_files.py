"""Runs under MicroPython: mount the littlefs in a file as a board would, print name, size and hash of every file.

Arguments: the flash image, where its file system begins, its size, and the name of a file to write or "".
"""

import binascii
import hashlib
import os
import sys

import vfs

BLOCK = 4096


class Partition:
    def __init__(self, path, at, size):
        self.file = open(path, "r+b")  # noqa: SIM115
        self.at = at
        self.size = size

    def readblocks(self, block, buf, offset=0):
        self.file.seek(self.at + block * BLOCK + offset)
        self.file.readinto(buf)

    def writeblocks(self, block, buf, offset=0):
        self.file.seek(self.at + block * BLOCK + offset)
        self.file.write(buf)

    def ioctl(self, op, arg):
        if op == 4:
            return self.size // BLOCK
        if op == 5:
            return BLOCK
        if op == 6:
            self.file.seek(self.at + arg * BLOCK)
            self.file.write(b"\xff" * BLOCK)
        return 0


def walk(folder):
    for entry in os.ilistdir(folder):
        path = folder + "/" + entry[0]
        if entry[1] == 0x4000:
            walk(path)
        else:
            with open(path, "rb") as file:
                data = file.read()
            print(path[3:], len(data), binascii.hexlify(hashlib.sha256(data).digest()).decode())


partition = Partition(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
# Mounted by what it is, as _boot.py does
vfs.mount(partition, "/f")
if sys.argv[4]:
    with open("/f/" + sys.argv[4], "w") as file:
        file.write("written by MicroPython")
walk("/f")
vfs.umount("/f")
partition.file.close()
