"""One supply, several EVSEs: the sum of what may be drawn never exceeds it, and nobody starves unseen."""

from evse.core.limits import RATED, SITE, SUPPLY, UNLIMITED_A10, Limits
from evse.core.sharing import Sharing

STEP_MS = 20


def run(sharing, ms, total, wanted, closed):
    """Let time pass with everything as it is."""
    for _ in range(ms // STEP_MS):
        sharing.step(total, wanted, closed, STEP_MS)
    return list(sharing.shares)


def test_one_alone_gets_what_it_wants_at_once():
    sharing = Sharing(1)
    assert run(sharing, 20, 320, [160], [False]) == [160]
    assert run(sharing, 20, 320, [0], [False]) == [0]


def test_the_modest_leave_the_rest_to_the_others():
    sharing = Sharing(2)
    assert run(sharing, 20, 320, [100, 320], [False, False]) == [100, 220]
    sharing = Sharing(2)
    assert run(sharing, 20, 320, [320, 320], [False, False]) == [160, 160]


def test_a_newcomer_waits_until_the_first_vehicle_has_followed():
    sharing = Sharing(2)
    run(sharing, 1000, 320, [320, 0], [True, False])
    assert run(sharing, 20, 320, [320, 320], [True, False]) == [160, 0]
    assert run(sharing, 5900, 320, [320, 320], [True, False]) == [160, 0]
    assert run(sharing, 200, 320, [320, 320], [True, False]) == [160, 160]


def test_an_open_contactor_draws_nothing_and_need_not_be_waited_for():
    sharing = Sharing(2)
    run(sharing, 1000, 320, [320, 0], [True, False])
    assert run(sharing, 20, 320, [0, 320], [True, False]) == [0, 0]
    assert run(sharing, 20, 320, [0, 320], [False, False]) == [0, 320]


def test_too_little_for_two_serves_who_came_first():
    sharing = Sharing(2)
    run(sharing, 20, 100, [0, 320], [False, False])
    assert run(sharing, 20, 100, [320, 320], [False, True]) == [0, 100]
    assert run(sharing, 20, 100, [320, 0], [False, False]) == [100, 0]
    assert run(sharing, 20, 59, [320, 0], [True, False]) == [0, 0]


def test_a_supply_that_shrinks_lowers_everybody_at_once():
    sharing = Sharing(2)
    run(sharing, 7000, 640, [320, 320], [True, True])
    assert run(sharing, 20, 200, [320, 320], [True, True]) == [100, 100]


def test_the_sum_never_exceeds_the_supply_in_a_random_walk():
    state = 12345

    def below(limit):
        nonlocal state
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        return (state >> 8) % limit

    sharing = Sharing(3)
    total = 400
    wanted, closed = [0, 0, 0], [False, False, False]
    offers = [[], [], []]
    for _step in range(20000):
        if below(50) == 0:
            wanted[below(3)] = below(4) * 110
        if below(20) == 0:
            index = below(3)
            # A contactor closes only where something is offered, and opens at will
            closed[index] = sharing.shares[index] > 0 and not closed[index]
        sharing.step(total, wanted, closed, STEP_MS)
        drawn = 0
        for index in range(3):
            # A connected vehicle may draw the most that it was offered within the last 5 s
            offers[index] = (offers[index] + [sharing.shares[index]])[
                -250 if closed[index] else -1 :
            ]
            drawn += max(offers[index])
        assert drawn <= total, (drawn, sharing.shares)
        for index in range(3):
            assert sharing.shares[index] <= wanted[index]
            assert sharing.shares[index] == 0 or sharing.shares[index] >= 60


def test_limits_are_set_and_named_by_what_holds_them_back():
    slots = [Limits(320), Limits(320)]
    sharing = Sharing(2)

    def offered(supply_a10, wanting):
        sharing.limit(supply_a10, slots, wanting, [False, False], STEP_MS)
        return [(each.offered_a10(), each.holder_name()) for each in slots]

    # Who has all that its rating allows is held back by that
    assert offered(UNLIMITED_A10, [True, False]) == [(320, "rated"), (320, "rated")]
    assert offered(400, [True, True]) == [(200, "supply"), (200, "supply")]
    assert offered(100, [True, True]) == [(100, "supply"), (0, "supply")]
    for each in slots:
        each.set(SITE, 250)
    assert offered(400, [True, False]) == [(250, "site"), (250, "site")]
    assert offered(400, [True, True]) == [(125, "site"), (125, "site")]
    assert offered(200, [True, True]) == [(100, "supply"), (100, "supply")]
    for each in slots:
        each.set(SITE, 59)
    assert offered(400, [True, True]) == [(0, "site"), (0, "site")]
    assert [each.holder() for each in slots] == [SITE, SITE]
    slots[0].set(RATED, 50)
    assert slots[0].holder() == RATED
    assert slots[0].value(SUPPLY) == 400
