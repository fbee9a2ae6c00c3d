"""The torture bench: pile, link, broker, bridge and platforms in one process and in virtual time, from a seed.

`make torture N=1000 SEED=1` runs many short lives of one pile with at least 20 faults each and compares the
books after every one; `make torture SEED=7` is one of them again, with `ARGS=--log` its whole log. `ARGS=--cuts`
cuts the power at every flash operation of two charges, and kills bridge and central system at every moment of
another, see cuts.py and central_cuts.py.

What is real: the firmware's Station with session, journal, ring, records, clock, keys, commands, uplink,
downlink, MQTT encoder, metering and control loop; the bridge's store (in line, on its database file), pile link,
assembly, hub, keyring, rotation, billing, orders and T/CEC 102 adapter with its sealed envelopes, called through
its web application. What is a stand-in: the flash part (pilesim's NOR), the TCP connection, the broker and its
two clients' sockets, the platform's company; and, in nineteen runs of twenty, everything below the control loop
(pilot, safety tick and its parts, contactor, the meter's wire), with the loop stepped every 100 ms, a pile of
63 A on three phases and a flash of 3, 4 or 16 sectors. Every twentieth run and the shorter of the two charges
of `--cuts` have the whole firmware on a board of the simulated world.

In seven runs of eight the pile is a station of an OCPP central system as well, of version 1.6 or 2.0.1: the
bridge's adapter from the queue to the calls, and the sandbox's strict central system from its frames to its
table, with a websocket in memory between them (websocket.py). central_books.py says what has to agree, and what
no station can help.

A process that dies runs no `finally`; a write to a plain file is never cut in half.
"""
