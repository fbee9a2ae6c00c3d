"""Kills the parts of a bench with SIGKILL at moments that follow from a seed, and starts them again.

It signals only processes that the bench started and still holds.
"""

import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sandbox.bench import Bench, BenchError

START = {"pile": Bench.start_pile, "broker": Bench.start_broker, "bridge": Bench.start_bridge}
VICTIMS = tuple(START)
# Between two kills, of whichever part; every so often a longer one, so that charges can begin and end
_PAUSE_S = (0.3, 3.0)
_CALM_EVERY, _CALM_S = 7, (5.0, 9.0)
# Half of the parts come back at once, the others after up to this
_AWAY_S = 3.0
_UP_S = 60.0


class Killer:
    """run() kills each part `kills` times; close() ends it early and waits for what it was starting."""

    def __init__(self, bench, kills, seed, tell):
        self.killed = dict.fromkeys(VICTIMS, 0)
        self._bench = bench
        self._kills = kills
        self._tell = tell
        self._random = random.Random(seed)
        self._stop = threading.Event()
        # A part that is killed while it starts is started again beside its first start
        self._pool = ThreadPoolExecutor(2 * len(VICTIMS))
        self._restarts = []

    def run(self):
        """Kill until all is done and every part is up again; BenchError when a part ended by itself."""
        while any(count < self._kills for count in self.killed.values()):
            calm = not sum(self.killed.values()) % _CALM_EVERY
            self._stop.wait(self._random.uniform(*(_CALM_S if calm else _PAUSE_S)))
            self._check()
            here = [name for name in VICTIMS if self._is_up(name)]
            # Whoever has most of them before it comes most often, so that all are done together
            left = [self._kills - self.killed[name] for name in here]
            if any(left):
                self._kill(self._random.choices(here, left)[0])
        for restart in self._restarts:
            restart.result(_UP_S)

    def close(self):
        """Start nothing more; returns once nothing is being started."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _is_up(self, name):
        part = self._bench.parts.get(name)
        if part is None:
            return False
        if not part.alive():
            raise BenchError(f"{name} ended by itself:\n" + "\n".join(part.lines[-15:]))
        return True

    def _check(self):
        for restart in self._restarts:
            if restart.done():
                restart.result()
        self._restarts = [restart for restart in self._restarts if not restart.done()]

    def _kill(self, name):
        away_s = self._random.choice((0.0, self._random.uniform(0.0, _AWAY_S)))
        # First, so that whoever waits for its start knows why it ended
        self.killed[name] += 1
        part = self._bench.parts[name]
        part.end(signal.SIGKILL)
        # Not before: whatever interrupts this, the bench still ends it
        del self._bench.parts[name]
        self._tell(f"killed {name} {self.killed[name]}, pid {part.pid}, back in {away_s:.1f} s")
        self._restarts.append(self._pool.submit(self._restart, name, self.killed[name], away_s))

    def _restart(self, name, number, away_s):
        if self._stop.wait(away_s):
            return
        began_s = time.monotonic()
        try:
            START[name](self._bench)
        except BenchError:
            if self.killed[name] == number:
                raise
            return
        part = self._bench.parts.get(name)
        if part is not None and self.killed[name] == number:
            self._tell(f"started {name}, pid {part.pid}, {time.monotonic() - began_s:.1f} s")
