"""The torture bench: pile, link, broker, bridge and platform in one process and in virtual time, from a seed.

`make torture N=1000 SEED=1` runs many short lives of one pile with at least 20 faults each and compares the
books after every one; `python -m torture --cuts` cuts the power at every flash operation of a charge.

What is real: the firmware's Station with session, journal, ring, records, clock, commands, uplink, downlink,
MQTT encoder, metering and control loop; the bridge's store (in line, on its database file), pile link, assembly,
hub, billing, orders and T/CEC 102 adapter with its sealed envelopes, called through its web application.
What is a stand-in: everything below the control loop (pilot line, safety tick and its parts, contactor; the
loop itself is stepped every 100 ms), the meter's wire, the TCP connection, the broker, the platform's company.
`--cuts` runs the firmware on a board of the simulated world instead, with every part of it.
"""
