"""One visit: a board with the whole firmware is brought to a stage, then its rows' moments run in children."""

import contextlib
import gc
import io
import random

from conformance.children import run_child
from conformance.stages import STAGES, idle_link
from rig import rig

# Ends of the duty law and of its knee come first, then random currents
_EDGES_A10 = (60, 510, 630, 800)


class Place:
    """Where moments happen: (board, profile, stage, visit) under one seed. Determines the parent fully."""

    def __init__(self, board, profile, stage, visit, seed):
        self.board = board
        self.profile = profile
        self.stage = stage
        self.visit = visit
        self.seed = seed

    def text(self):
        """As the report names it."""
        return "%s %s %s visit %d seed %d" % (
            self.board,
            self.profile,
            self.stage,
            self.visit,
            self.seed,
        )

    def moment_seed(self, row, number):
        """Seed of one moment of a row."""
        return "%s row %s moment %d" % (self.text(), row.number, number)


def run_visit(place, shares):
    """Moments of a visit; `shares` are (row, first number, end number). One dict per moment."""

    async def measure(r):
        results = []
        for row, first, end in shares:
            for number in range(first, end):
                result = await run_child(r, row, number, place.moment_seed(row, number))
                results.append({"row": row.number, "number": number, **result})
        return results

    return _visit(place, measure)


def run_recorded(place, row, number):
    """One moment again, with its trace."""

    async def measure(r):
        return await run_child(r, row, number, place.moment_seed(row, number), recorded=True)

    return _visit(place, measure)


def _visit(place, measure):
    rng = random.Random(place.text())
    stage = STAGES[place.stage]

    async def story(r):
        r.station.uplink.run = idle_link
        await stage.reach(r)
        # A child that counts references copies every page it touches
        gc.collect()
        gc.freeze()
        try:
            return await measure(r)
        finally:
            gc.unfreeze()

    # What a pile prints while it starts is not the report's
    with (
        contextlib.redirect_stdout(io.StringIO()),
        rig(place.board, rng.randrange(1 << 24), rng.randrange(1 << 30)) as r,
    ):
        settings = {"profile": place.profile, "start_timeout_s": 600, **stage.settings}
        if stage.rated_a10:
            type(r.board).RATED_A10 = stage.rated_a10
        if stage.offer_a10:
            settings["technician_limit_a10"] = _offer_a10(stage, place.visit, rng)
        if stage.prepare:
            stage.prepare(r.board)
        return r.play(story, settings)


def _offer_a10(stage, visit, rng):
    least_a10, most_a10 = stage.offer_a10
    edges_a10 = [a10 for a10 in _EDGES_A10 if least_a10 <= a10 <= most_a10]
    if visit < len(edges_a10):
        return edges_a10[visit]
    return rng.randrange(least_a10, most_a10 + 1)
