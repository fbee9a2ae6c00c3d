"""What the link calls without a permit though the search takes it for holding: (file, function, calls): why."""

from stall_search import ASKED, BRIEF, START

LINK = "evse/link/"
ROWS = {
    (LINK + "mqtt.py", "MqttLink.connect", "codec.connect"): (
        BRIEF,
        "umqtt's connect() on a buffer in place of a socket",
    ),
    (LINK + "dialer.py", "Dialer._connect", "asyncio.open_connection"): (
        BRIEF,
        "bearer.resolve made the name a number, so none is looked up, and connecting does not wait",
    ),
    (LINK + "dialer.py", "build_dialer", "import"): (START, "the link that was chosen"),
    (
        LINK + "encrypted.py",
        "PreSharedKey._take",
        "import tls.SSLContext tls.PROTOCOL_TLS_CLIENT tls.CERT_NONE",
    ): (
        BRIEF,
        "tls is part of the interpreter; a context seeds a generator",
    ),
    (LINK + "encrypted.py", "encrypted", "context.wrap_socket"): (
        BRIEF,
        "leaves the handshake to the first bytes",
    ),
    (LINK + "encrypted.py", "_handshake", "tls_socket.write"): (
        BRIEF,
        "a pre-shared key without key exchange, 2 to 5 ms",
    ),
    (
        LINK + "certificate.py",
        "Certificate._take",
        "import tls.SSLContext tls.PROTOCOL_TLS_CLIENT tls.CERT_REQUIRED",
    ): (
        BRIEF,
        "tls is part of the interpreter; a context seeds a generator and reads one certificate",
    ),
    (LINK + "ntp.py", "Ntp.ask", "socket.AF_INET socket.SOCK_DGRAM socket.getaddrinfo"): (
        BRIEF,
        "bearer.resolve made the name a number, so none is looked up",
    ),
    (LINK + "dns.py", "Dns._ask_once", "socket.AF_INET socket.SOCK_DGRAM"): (BRIEF, "numbers"),
    (LINK + "dns.py", "_address", "socket.getaddrinfo"): (
        BRIEF,
        "of a number: the address of a name server, or 0.0.0.0",
    ),
    (LINK + "bearer.py", "build_bearer", "import"): (START, "the interfaces there are"),
    (LINK + "lan.py", "Lan.__init__", "import network.LAN"): (START, "the PHY is found once"),
    (LINK + "lan.py", "Lan.start", "lan.active"): (ASKED, "reached from Bearer._start alone"),
    (LINK + "wlan.py", "Wlan.__init__", "import network.WLAN"): (
        START,
        "the radio is set up once",
    ),
    (LINK + "wlan.py", "Wlan.start", "wlan.active"): (ASKED, "reached from Bearer._start alone"),
    (LINK + "wlan.py", "Wlan.join", "wlan.connect"): (
        BRIEF,
        "only begins to connect, and the port keeps the network in RAM",
    ),
}
