"""What a meter tells, as numbers that name a quantity; units are the same for every meter."""

from micropython import const

ENERGY = const(0)  # forward active register, Wh
VOLTAGES = const(1)  # tuple, mV per phase
CURRENTS = const(2)  # tuple, mA per phase, without sign
POWER = const(3)  # W over all phases, negative when it flows back
FREQUENCY = const(4)  # 0.01 Hz
