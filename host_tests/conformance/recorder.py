"""Records the control pilot and the contactor around an event, for the plots."""

# The wave itself is drawn for so long, later only the band between its two levels
_WAVE_US = 120_000
_WAVE_STEP_US = 20
_BAND_STEP_US = 1000
_BAND_LOOKS = range(0, _BAND_STEP_US, 50)
_BEFORE_US = 5_000
_MOST_POINTS = 1200


class Recorder:
    """Looks at the world from now on, without disturbing it."""

    def __init__(self, world):
        self._world = world
        self._points = []
        self._begun_us = world.clock.now_us
        self._event = world.clock.event(self._look)
        self._event.at(self._begun_us + 1)

    def _look(self, now_us):
        line, contactor = self._world.line, self._world.contactor
        if now_us - self._begun_us < _WAVE_US:
            high = low = line.cp_mv(now_us)
            step_us = _WAVE_STEP_US
        else:
            levels = [line.cp_mv(now_us + us) for us in _BAND_LOOKS]
            high, low = max(levels), min(levels)
            step_us = _BAND_STEP_US
        switches = (contactor.relay, int(contactor.energised), int(contactor.closed))
        self._points.append((now_us, high, low, *switches))
        self._event.at(now_us + step_us)

    def trace(self, event_us, value):
        """{"us", "cp_mv", "low_mv", "order", "coil", "contacts", "value"}: times count from the event."""
        points = self._points
        event_us = points[0][0] if event_us is None else event_us
        if points[-1][0] - points[0][0] < _WAVE_US:
            rows = [point for point in points if point[0] >= event_us - _BEFORE_US]
        else:
            rows = _band(points)
        columns = list(zip(*rows, strict=True))
        return {
            "us": [us - event_us for us in columns[0]],
            "cp_mv": columns[1],
            "low_mv": columns[2],
            "order": columns[3],
            "coil": columns[4],
            "contacts": columns[5],
            "value": value,
        }


def _band(points):
    """Highest and lowest level of each slot of time."""
    slot_us = max(_BAND_STEP_US, (points[-1][0] - points[0][0]) // _MOST_POINTS)
    rows = []
    for us, high, low, *switches in points:
        if rows and us < rows[-1][0] + slot_us:
            first_us, highest, lowest, *_switches = rows[-1]
            rows[-1] = (first_us, max(highest, high), min(lowest, low), *switches)
        else:
            rows.append((us, high, low, *switches))
    return rows
