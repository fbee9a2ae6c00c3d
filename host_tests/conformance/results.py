"""What came out: per row and board the worst value, how often, and whether the limit held."""

PASS, FAIL, NONE, ABSENT = "PASS", "FAIL", "NONE", "-"


class Outcome:
    """Moments of one row on one board."""

    def __init__(self, row, missing):
        self.row = row
        self.missing = missing  # pin roles for want of which the row does not apply
        self.phases = 0
        self.least = None
        self.most = None
        self.contacts_us = None
        self.failures = 0
        self.notes = []  # the first things that were wrong, each with its moment
        self.worst = None  # (place, number, value) nearest to the limit, or the first that failed
        self._margin = None

    def add(self, place, number, value, contacts_us, wrong):
        """Count one moment."""
        if value is not None:
            self.phases += 1
            self.least = value if self.least is None else min(self.least, value)
            self.most = value if self.most is None else max(self.most, value)
        if contacts_us is not None:
            self.contacts_us = max(self.contacts_us or 0, contacts_us)
        margin = self._judge(value, wrong)
        if margin < 0:
            self.failures += 1
            if len(self.notes) < 3:
                said = wrong or ("nothing measured" if value is None else self.row.show(value))
                self.notes.append("%s moment %d: %s" % (place.text(), number, said))
        if self._margin is None or margin < self._margin:
            self._margin = margin
            self.worst = (place, number, value)

    def _judge(self, value, wrong):
        if value is None or wrong:
            return -(1 << 60)
        return self.row.margin(value)

    @property
    def verdict(self):
        """PASS, FAIL, NONE without a measurement, - where the board has no such part."""
        if self.missing:
            return ABSENT
        if self.failures:
            return FAIL
        return PASS if self.phases else NONE

    @property
    def worst_value(self):
        """The value nearest to the limit, None without one."""
        return self.worst[2] if self.worst else None


class Table:
    """Outcomes of every chosen row on every board."""

    def __init__(self, boards, chosen, uncovered, every_board=True):
        self.every_board = every_board
        self.boards = list(boards)
        self.rows = chosen
        self.uncovered = uncovered
        self.outcomes = {
            (row.number, board): Outcome(row, row.missing_parts(pins))
            for row in chosen
            for board, pins in boards.items()
        }

    def add(self, place, results):
        """Count the moments of a visit."""
        for result in results:
            self.outcomes[result["row"], place.board].add(
                place,
                result["number"],
                result["value"],
                result["contacts_us"],
                result["wrong"],
            )

    def of(self, row):
        """[Outcome] of a row, one per board."""
        return [self.outcomes[row.number, board] for board in self.boards]

    def verdict(self, row):
        """A row's verdict over the boards; NONE when no board at all can measure it."""
        verdicts = {outcome.verdict for outcome in self.of(row)}
        for verdict in (FAIL, NONE, PASS):
            if verdict in verdicts:
                return verdict
        return NONE if self.every_board else ABSENT

    def worst(self, row):
        """The Outcome whose worst moment is nearest to the limit, or failed; None without one."""
        measured = [outcome for outcome in self.of(row) if outcome.worst]
        failed = [outcome for outcome in measured if outcome.failures]
        if failed:
            return failed[0]
        return min(measured, key=lambda o: row.margin(o.worst_value), default=None)

    def worst_cases(self):
        """[(place, row number, moment)] of the rows that have a worst moment."""
        outcomes = [(row, self.worst(row)) for row in self.rows]
        return [(o.worst[0], row.number, o.worst[1]) for row, o in outcomes if o]

    def phases(self, row):
        """Moments measured on all boards together."""
        return sum(outcome.phases for outcome in self.of(row))

    def missed(self):
        """Rows that are outside their limits or were not measured."""
        return [row for row in self.rows if self.verdict(row) not in (PASS, ABSENT)]

    @property
    def passed(self):
        """True when every row passed and nothing that needs a row lacks one."""
        return not self.uncovered and not self.missed()
