"""Defects in updates: what is proved, in which order it is written, when it is paused, confirmed and left."""

from .defect import defects_of

_SIGNATURE = "host_tests/core/test_signature.py"
_TAMPERED = "host_tests/update/test_tampered.py"
_FETCH = "host_tests/update/test_fetch.py"
_TRIAL = "host_tests/update/test_trial.py"

DEFECTS = (
    *defects_of(
        "core/signature.py",
        (_SIGNATURE,),
        (
            ("    return block == b", "    return block[-32:] == digest or block == b", "padding"),
            ("if number >= most:", "if False:", "a signature above the modulus"),
        ),
    ),
    *defects_of(
        "app/unpack.py",
        (_TAMPERED, _TRIAL),
        (
            ("if not signature.is_signed(", "if False and not signature.is_signed(", "signature"),
            ("    if refusal:\n", "    if False:\n", "board and oldest version"),
            ("if work.files.size(BUNDLE_FILE) != whole:", "if False:", "length of a bundle"),
            (
                'if str(hexlify(total.digest()), "ascii") != digest:',
                "if False:",
                "hash of a file",
            ),
            ("if named != work.bundle:", "if False:", "the bundle that was ordered"),
            ("    if free < need:\n", "    if False:\n", "room for a tree"),
        ),
    ),
    *defects_of(
        "core/manifest.py",
        ("host_tests/core/test_manifest.py",),
        (
            ('part.strip(".") for part', "True for part", "paths out of the slot"),
            ("if path in seen:", "if False:", "files that stand twice"),
        ),
    ),
    *defects_of(
        "app/update.py",
        (_FETCH,),
        (
            ("found[0] != work.have", "False", "order of chunks"),
            ("if self._work.permit.energised:", "if False:", "pause while energised"),
            (
                'if state.get("fetch") != wanted:\n            # What',
                "if True:\n            # What",
                "going on after a loss of power",
            ),
        ),
    ),
    *defects_of(
        "app/trial.py",
        (_TRIAL, _TAMPERED),
        (
            ("if test and not test.passed:", "if False:", "self-test of a new firmware"),
            ("if station.keys.secret and not", "if False and not", "word of the bridge"),
            ("if station.clock.up_s >= _WITHIN_S:", "if False:", "end of a trial"),
            (
                'state["minimum"] = max(state["minimum"], found["minimum"])',
                "pass",
                "oldest version that may run",
            ),
        ),
    ),
    *defects_of(
        "app/updates.py",
        (_FETCH, _TRIAL),
        (
            ('        forget("evse.app.update")', "", "heap while energised"),
            ("and not self._task and not", "and not", "one update at a time"),
        ),
    ),
)
