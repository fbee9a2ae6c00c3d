"""Defects in what money depends on: seals, records, ring, what is taken as it fills, what a loss of power leaves."""

from .defect import defects_of

_CORE = "host_tests/core/test_%s.py"
_SIGNED = "host_tests/link/test_signed.py"
_POWER = "host_tests/world/test_power_loss.py"
_FAULTS = "host_tests/world/test_journal_faults.py"

DEFECTS = (
    *defects_of(
        "core/mac.py",
        (_CORE % "mac",),
        (
            ("return difference == 0", "return True", "comparison of tags"),
            ("if len(tag) != TAG_BYTES:", "if False:", "length of a tag"),
            ("self._block(0x5C)", "self._block(0x36)", "outer half of the HMAC"),
        ),
    ),
    *defects_of(
        "core/messages.py",
        (_CORE % "messages", _SIGNED),
        (
            (
                'if not mac.proves(topic_name.encode() + b"\\n" + payload[:at], tag):',
                'if not mac.proves(topic_name.encode() + b"\\n" + payload[:at], tag) and False:',
                "signature of what comes down",
            ),
        ),
    ),
    *defects_of(
        "core/records.py",
        (_CORE % "records",),
        (
            (
                "size if crc32(data[at : end - 4])",
                "size if True or crc32(data[at : end - 4])",
                "CRC",
            ),
            ("mac.proves(life.encode() + bytes(", "mac.proves(bytes(", "life in the seal"),
        ),
    ),
    *defects_of(
        "core/ring.py",
        (_CORE % "ring", _CORE % "ring_damage"),
        (
            ("sectors.last[order[0]] <= self.acked", "True", "acknowledgement before an erase"),
            ("4 * ready < 3 * self._count", "True", "history that is kept"),
            ("if held == data:", "if held is not None:", "reading back what was programmed"),
        ),
    ),
    *defects_of(
        "core/outbox.py",
        (_CORE % "outbox",),
        (
            ("_RESERVE = const(36)", "_RESERVE = const(6)", "room for the end of a charge"),
            ("return self._samples % 4 == 0", "return True", "thinning of samples"),
        ),
    ),
    *defects_of(
        "core/meter.py",
        (_CORE % "meter", _POWER),
        (
            ("if not same or step_wh < 0:", "if not same:", "jump without power"),
            ("if not same or step_wh", "if step_wh", "replaced meter"),
        ),
    ),
    *defects_of(
        "app/journal.py",
        (_FAULTS, _POWER, "host_tests/world/test_journal_energised.py"),
        (
            ("self._owed.append(record)", "pass", "end of a charge that the flash refused"),
            ('with self._permit.hold("journal erase"):', "if True:", "permit before an erase"),
        ),
    ),
    *defects_of(
        "app/commands.py",
        (_SIGNED,),
        (('if message["utc"] <= since_s:', "if False:", "replay over a restart"),),
    ),
    *defects_of(
        "app/remote.py",
        (_SIGNED,),
        (
            ("and nonce == station.report.nonce", "", "nonce of a hello"),
            ('message["life"] != station.journal.life or ', "", "life of an acknowledgement"),
            ("and upto < station.journal.next_seq", "", "acknowledgement of what was not given"),
        ),
    ),
    *defects_of(
        "app/session.py",
        (_POWER, _FAULTS),
        (
            (
                "whole = not self._station.journal.damage and not found.reason",
                "whole = True",
                "stop before",
            ),
            ('self._station.settings["resume"] and whole', "whole", "setting resume"),
        ),
    ),
)
