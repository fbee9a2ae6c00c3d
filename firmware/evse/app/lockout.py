"""Lock-outs on file: a fault that only a technician may end survives a power cut."""

from ..core import faults
from . import config

FILE = "lockout.json"
FILE_OF = "lockout-%d.json"
# A flash that refuses is not asked at every step
_RETRY_MS = 10000


class Lockout:
    """Stores the lock-out bits of connector `number` whenever they change."""

    def __init__(self, permit, number=1):
        self.problem = ""  # why the file could not be written
        self.bits = 0
        self._wait_ms = 0
        self._permit = permit
        self._file = FILE if number == 1 else FILE_OF % number
        stored = config.read_json(self._file)
        if stored is not None:
            self.bits = self._parse(stored)

    def step(self, bits, dt_ms):
        """Store `bits` if they are not stored yet, once nothing is energised."""
        self._wait_ms -= dt_ms
        if bits == self.bits or self._permit.energised or self._wait_ms > 0:
            return
        self._wait_ms = _RETRY_MS
        self.problem = config.write_json(self._file, faults.names(bits), self._permit)
        if not self.problem:
            self.bits = bits

    @staticmethod
    def _parse(stored):
        # A file that cannot be read was written for a reason: then every lock-out holds
        if not isinstance(stored, list) or any(name not in faults.NAMES for name in stored):
            return faults.LOCKOUTS
        bits = 0
        for name in stored:
            bits |= 1 << faults.NAMES.index(name)
        return bits & faults.LOCKOUTS
