"""The contactor that feeds L2 and L3 alone, behind the main one: one phase while it is open.

Its coil hangs on its relay pin only: what must open without a processor is the main contactor. Its
mirror contact reads as the main one's: 0 open, 1 closed or wire broken.
"""

from pilesim.contactor import Contactor

# Fault: what that is at a contactor
_FAULTS = {
    "phase_contactor_welded": "welded",
    "phase_contactor_stuck_open": "coil_lost",
    "phase_mirror_broken": "mirror_broken",
}
FAULTS = ("phase_contactor_welded", "phase_contactor_stuck_open", "phase_mirror_broken")


class PhaseContactor(Contactor):
    """Relay pin in, poles of L2 and L3 and mirror out. Not `fitted`: these poles follow the main contactor."""

    state_event = "phase_contactor"
    relay_event = "phase_relay"

    def __init__(self, clock, log, random=None):
        super().__init__(clock, log, random)
        self.fit(_NoDeadMan())
        # After the main contacts when both coils go at once, so that it never breaks a current
        self.drop_out_us = 25_000
        self.fitted = False

    def attach(self, relay_pad, mirror_pad=None):
        """Connect the pads of relay and mirror; fitted from now on."""
        self.fitted = True
        super().attach(relay_pad, mirror_pad)

    def set_fault(self, name, on):
        """Switch one of FAULTS; phase_contactor_stuck_open drops out if it is closed."""
        super().set_fault(_FAULTS[name], on)


class _NoDeadMan:
    kind = "none"
    held = True
    changed = None
