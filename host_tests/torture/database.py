"""The bridge's database connections, each of whose statements may be the last of its process."""

import sqlite3

from .process import KilledError


class Fuse:
    """Counts statements of one process; `after(n)` ends it before the n-th from now."""

    def __init__(self, process):
        self.statements = 0
        self._process = process
        self._left = 0

    def after(self, statements):
        """Set it, 0 disarms."""
        self._left = statements

    def burn(self):
        """One statement is about to run; KilledError when it is the last, and ever after."""
        self.statements += 1
        if self._left:
            self._left -= 1
            if not self._left:
                self._process.kill()
        if self._process.dead:
            raise KilledError(self._process.name)


def connection_class(fuse, opened):
    """A sqlite3.Connection whose statements burn the fuse; each one made is put into `opened`."""

    class Connection(sqlite3.Connection):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            opened.append(self)

        def execute(self, *args):
            fuse.burn()
            return super().execute(*args)

        def executemany(self, *args):
            fuse.burn()
            return super().executemany(*args)

        def commit(self):
            fuse.burn()
            super().commit()

    return Connection
