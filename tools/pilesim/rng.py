"""Seeded integer randomness, the same sequence on CPython and MicroPython."""

import array

# Multiplier and increment of a full-period generator modulo 2**31; products stay below 2**62
MULTIPLIER = 1103515245
INCREMENT = 12345
MASK = 0x7FFFFFFF
NOISE_SIZE = 1024


class Random:
    """Linear congruential generator; use its high bits."""

    def __init__(self, seed):
        self.state = (seed * 2654435761 + 97) & MASK
        for _ in range(3):
            self.next()

    def next(self):
        """The next state, 31 bits of which the upper ones are good."""
        self.state = (self.state * MULTIPLIER + INCREMENT) & MASK
        return self.state

    def below(self, limit):
        """Integer 0..limit-1."""
        return (self.next() >> 8) * limit >> 23

    def between(self, low, high):
        """Integer low..high."""
        return low + self.below(high - low + 1)


def mix(seed, index):
    """A number 0..65535 that depends on both, without state: values of a slow process at step `index`."""
    state = (seed * 2654435761 + index * 40503 + 97) & MASK
    for _ in range(3):
        state = (state * MULTIPLIER + INCREMENT) & MASK
    return state >> 15


def noise_table(random, sigma):
    """array('i') of NOISE_SIZE roughly normal values with standard deviation `sigma`.

    The sum of twelve uniform values has the variance of one uniform value times twelve, that is 1.
    """
    values = []
    for _ in range(NOISE_SIZE):
        total = 0
        for _ in range(12):
            total += random.below(4096) - 2048
        values.append(total * sigma // 4096)
    return array.array("i", values)
