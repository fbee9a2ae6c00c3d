"""Something that can lose its power or be killed where it stands: its tasks stop at their next step for ever.

No `finally` of theirs runs, because none runs when a real process gets SIGKILL or a chip loses its supply.
Tasks that a task of a process creates belong to the same process.
"""

import asyncio
import contextvars
from collections.abc import Coroutine

_owner = contextvars.ContextVar("process", default=None)
_DISPOSALS = 20


class KilledError(BaseException):
    """Raised inside a process by the operation that its power or life ends in; nothing may catch it."""


class Process:
    """`spawn(coroutine)` starts a task of it; `kill()` ends all of them; `on_death` is called once."""

    def __init__(self, name, on_death=None):
        self.name = name
        self.dead = False
        self.failed = []  # errors that ended a task nobody awaits
        self._on_death = on_death
        self._bodies = set()

    def spawn(self, coroutine):
        """A task of this process; an error that ends it goes into `failed`."""
        task = self.run(asyncio.get_running_loop().create_task, coroutine)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task):
        if not task.cancelled() and task.exception() is not None:
            self.failed.append(repr(task.exception()))

    def run(self, function, *values):
        """Call a function as this process: tasks it creates are its own."""
        context = contextvars.copy_context()
        context.run(_owner.set, self)
        return context.run(function, *values)

    def call(self, function, *values):
        """Call something of it from outside; None when that was its end."""
        try:
            return self.run(function, *values)
        except KilledError:
            self.kill()
            return None

    def kill(self):
        """End it at this moment."""
        if self.dead:
            return
        self.dead = True
        if self._on_death is not None:
            self._on_death()

    def dispose(self):
        """Free what is left of a dead process; only when nothing of the run matters any more."""
        self.dead = True
        for body in list(self._bodies):
            body.dispose()
        self._bodies.clear()


class _Body(Coroutine):
    """A coroutine that stops for ever once its process is dead."""

    def __init__(self, process, coroutine):
        self._process = process
        self._coroutine = coroutine
        process._bodies.add(self)

    def send(self, value):
        return self._step(self._coroutine.send, value)

    def throw(self, *error):
        return self._step(self._coroutine.throw, *error)

    def close(self):
        # Only a loop that ends calls this, and dispose() has been here
        pass

    def __await__(self):
        return self

    def _step(self, step, *values):
        process = self._process
        if process.dead:
            return _for_ever()
        try:
            return step(*values)
        except (KilledError, SystemExit):
            process.kill()
            return _for_ever()
        except StopIteration:
            process._bodies.discard(self)
            raise
        except BaseException:
            process._bodies.discard(self)
            if process.dead:
                return _for_ever()
            raise

    def dispose(self):
        for _ in range(_DISPOSALS):
            try:
                self._coroutine.close()
                return
            except BaseException:
                # A `finally` that waits; it is left where it waits and asked again
                continue


def _for_ever():
    asyncio.current_task()._log_destroy_pending = False
    future = asyncio.get_running_loop().create_future()
    future._asyncio_future_blocking = True
    return future


def task_factory(loop, coroutine, **options):
    """For loop.set_task_factory(): tasks inherit the process of the task that makes them."""
    process = _owner.get()
    if process is not None:
        coroutine = _Body(process, coroutine)
    return asyncio.Task(coroutine, loop=loop, **options)
