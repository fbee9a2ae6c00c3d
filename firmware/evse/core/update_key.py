"""The key that updates are signed with. A build takes it from UPDATE_KEY; without it none is taken."""

HAS_KEY = False
# 3072 bits, big-endian
MODULUS = b""
