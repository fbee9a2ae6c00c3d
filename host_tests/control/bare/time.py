"""The least `time` that the tick needs: a counter that moves at each look and when told to."""

_MASK = (1 << 30) - 1
_HALF = 1 << 29
_now_us = 0


def pass_us(us):
    """Let time go by."""
    global _now_us
    _now_us = (_now_us + us) & _MASK


def ticks_us():
    pass_us(45)
    return _now_us


def sleep_us(us):
    pass_us(us)


def ticks_add(ticks, delta):
    return (ticks + delta) & _MASK


def ticks_diff(later, earlier):
    return ((later - earlier + _HALF) & _MASK) - _HALF
