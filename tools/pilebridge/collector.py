"""The garbage collector set for a process that decodes many small things and keeps few cycles."""

import gc

_YOUNG = 20_000


def settle() -> None:
    """Leave alone what a started program consists of, and look through what is new less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
