"""The boot states as plain rules."""

from pilebridge.platforms.ocpp.boot import BootState


def test_the_rules_of_the_boot_states():
    boot = BootState("PowerUp", 100)
    assert (boot.status, boot.needed, boot.answers, boot.may_ask) == ("", True, True, False)
    assert boot.answered("Rejected", 60) == 60
    assert (boot.needed, boot.answers, boot.may_ask) == (True, False, False)
    pauses = [boot.answered("Pending", 0) for _ in range(6)]
    assert (boot.needed, boot.answers, boot.may_ask) == (True, True, True)
    assert all(5 <= pause <= 100 for pause in pauses)
    assert pauses[0] <= 10
    assert pauses[-1] >= 50
    assert boot.answered("Pending", 10**9) == 86400
    assert boot.answered("Accepted", 30) == 0
    assert (boot.needed, boot.heartbeat_s, boot.answers) == (False, 30, True)
    boot.again("RemoteReset")
    assert (boot.status, boot.reason, boot.needed, boot.may_ask) == (
        "",
        "RemoteReset",
        True,
        False,
    )
