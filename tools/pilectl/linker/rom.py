"""Names that every MicroPython has in its ROM, where they cost no heap: new names come from here.

They are those of the language's own objects and of modules that each port builds in. What a program asks for
by such a name is found by the passes that give names out; Python's builtins are not among them, and neither
is what the interpreter itself asks objects for.
"""

from __future__ import annotations

import builtins

# They take two bytes of a .mpy file each
_NUMBERED = """
append extend insert remove reverse index count copy clear sort find rfind rindex split rsplit strip lstrip
rstrip replace join upper lower islower isupper isspace isalpha isdigit startswith endswith get items keys
values update setdefault popitem
"""
_SEQUENCES = """
partition rpartition splitlines center fromhex popleft appendleft
"""
_TABLES = """
fromkeys add discard union difference intersection isdisjoint issubset issuperset difference_update
intersection_update symmetric_difference symmetric_difference_update
"""
_MATH = """
acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh degrees erf erfc expm1 fabs factorial floor fmod
frexp gamma inf isclose isfinite isinf isnan ldexp lgamma log log10 log2 modf nan pi radians sin sinh sqrt tan
tanh tau trunc
"""
_ERRORS = """
EIO EPERM EBADF EEXIST EINVAL EISDIR ENODEV ENOENT ENOMEM EACCES EAGAIN EALREADY ENOBUFS ENOTCONN errorcode
"""
_STRUCTURES = """
INT UINT PTR VOID LONG INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64 SHORT USHORT ARRAY ULONG NATIVE BF_POS
BF_LEN BFINT8 FLOAT32 FLOAT64
"""
_PICTURES = """
fill line rect blit poly pixel hline vline scroll ellipse GS8 RGB565
"""
_LIBRARY = """
calcsize pack_into unpack gmtime localtime mktime ticks_add ticks_cpu time_ns isenabled mem_alloc mem_free
threshold enable disable byteorder maxsize heapify heappop heappush choice getrandbits randint randrange seed
uniform match search sub addressof sizeof bytes_at bytearray_at getvalue chdir getcwd ilistdir listdir
mkdir rmdir stat statvfs umount heap_lock heap_unlock kbd_intr mem_info opt_level schedule stack_use
push peek coro deque aes md5 sha1 mem8 mem16 mem32 idle exit argv modify unregister RAW ZLIB GZIP AUTO
"""

_OTHERS = " ".join((_SEQUENCES, _TABLES, _MATH, _ERRORS, _STRUCTURES, _PICTURES, _LIBRARY))
# The short ones first: a file has each that it uses
NAMES = (*_NUMBERED.split(), *sorted(_OTHERS.split(), key=len))
# Texts that are names there as well
TEXTS = ("", " ", "\n", "*", "/", "_", "utf-8", "little", "big")
# What programs ask of libraries; new names keep clear of them
ASKED = """
a2b_base64 b2a_base64 crc32 hexlify unhexlify binascii hashlib sha256 digest json dump dumps load loads separators
struct pack unpack_from array time sleep sleep_ms sleep_us ticks_ms ticks_us ticks_diff gc collect math exp e os
rename urandom io ioctl errno sys stdout platform implementation modules version name select poll register
asyncio create_task gather wait wait_for_ms wait_closed open_connection drain readexactly run cancel locked Lock
Event StreamReader CancelledError socket getaddrinfo AF_INET SOCK_DGRAM bind connect accept sendto recvfrom
setblocking settimeout ssl tls SSLContext PROTOCOL_TLS_CLIENT CERT_NONE CERT_REQUIRED verify_mode set_ciphers
load_verify_locations wrap_socket do_handshake_on_connect server_hostname readblocks writeblocks machine state
data loop lock clock mode phase args reason pop encode decode from_bytes to_bytes readinto flush self key start
stop step end sep value read write close open send throw timeout
"""


def without(names: set[str]) -> set[str]:
    """Those of `names` that cost heap."""
    special = {name for name in names if name.startswith("__") and name.endswith("__")}
    known = {*NAMES, *TEXTS, *ASKED.split(), *dir(builtins)}
    return names - special - known
