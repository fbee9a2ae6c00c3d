"""Random walks over the whole controller of one connector, with what must never happen checked throughout.

`python -m properties --steps 10000000 --seed 1`; a step is one safety tick. Each walk follows from its seed.
"""
