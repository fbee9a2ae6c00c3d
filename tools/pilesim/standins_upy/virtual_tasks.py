"""Task and TaskQueue of asyncio in Python, ordered by the virtual clock's ticks.

What asyncio's core expects of them: a task's `coro`, `data` (exception to throw, or the queue or task
it waits on), `state` (True running, a TaskQueue of waiters, a callable, None or False done), `ph_key`.
"""

import sys


def _core():
    # Looked up late: asyncio.core imports this module while it is being imported itself
    return sys.modules["asyncio.core"]


class TaskQueue:
    """Tasks by due time, equal times in order of arrival."""

    def __init__(self):
        self._tasks = []

    def peek(self):
        """The task due first, or None."""
        return self._tasks[0] if self._tasks else None

    def push(self, task, key=None):
        """Add `task`, due at ticks `key`, now if None."""
        core = _core()
        task.data = None
        task.ph_key = key = core.ticks() if key is None else key
        tasks = self._tasks
        place = len(tasks)
        while place and core.ticks_diff(tasks[place - 1].ph_key, key) > 0:
            place -= 1
        tasks.insert(place, task)

    def pop(self):
        """Remove and return the task due first."""
        return self._tasks.pop(0)

    def remove(self, task):
        """Remove `task`."""
        self._tasks.remove(task)


class Task:
    """A running coroutine."""

    def __init__(self, coro, context=None):
        self.coro = coro
        self.data = None
        self.state = True
        self.ph_key = 0

    def __iter__(self):
        if not self.state:
            # Awaited after it ended: the exception, if any, has found its reader
            self.state = False
        elif self.state is True:
            self.state = TaskQueue()
        elif not isinstance(self.state, TaskQueue):
            raise RuntimeError("can't wait")
        return self

    __await__ = __iter__

    def __next__(self):
        core = _core()
        if not self.state:
            raise self.data
        self.state.push(core.cur_task)
        core.cur_task.data = self

    def done(self):
        """True once it has returned or raised."""
        return not self.state

    def cancel(self):
        """Throw CancelledError into it at its next step; False if it is done."""
        core = _core()
        if not self.state:
            return False
        if self is core.cur_task:
            raise RuntimeError("can't cancel self")
        task = self
        while isinstance(task.data, Task):
            task = task.data
        if hasattr(task.data, "remove"):
            task.data.remove(task)
            core._task_queue.push(task)
        elif core.ticks_diff(task.ph_key, core.ticks()) > 0:
            core._task_queue.remove(task)
            core._task_queue.push(task)
        task.data = core.CancelledError
        return True
