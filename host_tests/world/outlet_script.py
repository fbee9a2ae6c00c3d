"""Two EVSEs with a phase contactor each, one switched under load; prints everything, on both interpreters."""

from pilesim.scenario_words import parse
from pilesim.world import World

FIRST = {
    "cp_pwm": 25,
    "contactor": 26,
    "mirror": 33,
    "heartbeat": 27,
    "phase_contactor": 4,
    "phase_mirror": 5,
    "rs485_tx": 17,
    "rs485_rx": 16,
}
SECOND = {"cp_pwm": 13, "contactor": 14, "mirror": 35, "phase_contactor": 18, "phase_mirror": 34}
MERGED = dict(FIRST)
MERGED.update(SECOND)


class Evse:
    """One EVSE of the board."""

    PHASES = 3
    UART_METER = 2

    def __init__(self, pins):
        self.PINS = pins


class Board(Evse):
    """Both."""

    def evses(self):
        """One board for each."""
        return [Evse(FIRST), Evse(MERGED)]


world = World(seed=11)
world.wire(Board(FIRST))
pads = [
    [world.chip.pad(pins[role]) for role in ("contactor", "phase_contactor", "cp_pwm")]
    for pins in (FIRST, MERGED)
]
beat = world.chip.pad(27)
for pad in (beat, pads[0][0], pads[0][1], pads[1][0], pads[1][1]):
    pad.set_output(True)
level = 0
for number in range(1000):
    if number == 10:
        for outlet in world.outlets:
            contactor, _phases, pilot = pads[outlet.number - 1]
            outlet.vehicle.plug()
            pilot.start_pwm(1000, 30000 + 4000 * outlet.number)
            contactor.write(1)
    if number in (300, 500, 520):
        pads[1][1].write(number != 500)
    if number == 600:
        world.set_fault("phase_contactor_welded@2", True)
    level ^= 1
    beat.write(level)
    world.clock.advance(10000)
    if number % 20 == 0:
        print([outlet.load.energy_uwh(world.clock.now_us) for outlet in world.outlets])
        print([pads[1][1].read(0), world.chip.pad(34).read(world.clock.now_us)])
for us, event, facts in world.trace:
    print(us, event, sorted(facts.items()))
print(
    [
        (step.word, step.arguments, step.outlet)
        for step in parse("plug 2; fault weld@2 on; s2 open")
    ]
)
