"""One row of the conformance table: a clause, what happens, how it is measured, its limit."""

# Random phases per board of a row whose window is below 100 ms, and of one that takes seconds
FAST = 1000
SLOW = 8
SLOWEST = 4

IEC = ("iec_61851_1_2017", "sae_j1772")
GBT = ("gbt_18487_1_2015", "gbt_18487_1_2023")
ALL = IEC + GBT


class Row:
    """`story(moment)` is a coroutine giving the measured value (us, or `unit`), None when nothing came.

    `least` and `most` bound the value, None leaves a side open. `parts` are pin roles that a board
    must have (a tuple: one of them) and `without` those that it must not, else the row does not apply. `tag` grades the source of the limit.
    """

    def __init__(
        self,
        number,
        clause,
        what,
        stage,
        story,
        *,
        least=None,
        most=None,
        phases=FAST,
        tag="S",
        profiles=ALL,
        parts=(),
        without=(),
        kinds=(),
        fault="",
        unit="ms",
        headline=False,
    ):
        if least is None and most is None:
            raise ValueError("row %s has no limit" % number)
        self.number = number
        self.clause = clause
        self.what = what
        self.stage = stage
        self.story = story
        self.least = least
        self.most = most
        self.phases = phases
        self.tag = tag
        self.profiles = profiles
        self.parts = parts
        self.without = without
        self.kinds = kinds
        self.fault = fault
        self.unit = unit
        self.headline = headline

    def missing_parts(self, pins):
        """Pin roles of `parts` that a board's PINS lack, and those of `without` that they have."""
        absent = [roles for roles in map(_roles, self.parts) if not any(r in pins for r in roles)]
        return [" or ".join(roles) for roles in absent] + [
            "other part than " + role for role in self.without if role in pins
        ]

    def margin(self, value):
        """How far inside the limit a value lies; negative outside."""
        sides = []
        if self.most is not None:
            sides.append(self.most - value)
        if self.least is not None:
            sides.append(value - self.least)
        return min(sides)

    def show(self, value):
        """A value in the row's unit, without the unit."""
        return "%.3f" % (value / 1000) if self.unit == "ms" else "%d" % value

    def limit(self):
        """The limit as text with its unit."""

        def side(value):
            return "%g" % (value / 1000) if self.unit == "ms" else "%d" % value

        if self.least is None:
            return "<= %s %s" % (side(self.most), self.unit)
        if self.most is None:
            return ">= %s %s" % (side(self.least), self.unit)
        return "%s .. %s %s" % (side(self.least), side(self.most), self.unit)


def _roles(part):
    return part if isinstance(part, tuple) else (part,)
