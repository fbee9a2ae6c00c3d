"""Calls that can hold the interpreter and need not ask: file, function, call, and the reason that is proved."""

from stall_link import ROWS
from stall_search import ASKED, BRIEF, OPENED, START

APP, CONTROL, CORE, DRIVERS = ("evse/%s/" % room for room in ("app", "control", "core", "drivers"))
BOARD_FILE = DRIVERS + "standard_board.py"
PARTS_FILE = DRIVERS + "standard_parts.py"

# (file, function, calls): kind, reason
ALLOWED = {
    (APP + "config.py", "read_json", "import"): (START, "settings and counters"),
    (APP + "json_file.py", "parsed", "open"): (START, "by read_json, or by who asks"),
    (APP + "config.py", "read_bytes", "open"): (
        START,
        "the certificate of the broker's authority",
    ),
    (APP + "journal.py", "Journal._mount", "import"): (START, "what the records say, read once"),
    (APP + "config.py", "load", "import"): (START, "the table of settings"),
    (APP + "session.py", "Session.__init__", "import"): (START, "what the power cut interrupted"),
    (APP + "station.py", "Station._build_link", "import"): (START, "the time server's client"),
    (CONTROL + "protection.py", "Protection.__init__", "import"): (
        START,
        "parts a board may have",
    ),
    (CORE + "settings.py", "_is_token", "import"): (START, "the settings are read once"),
    (CORE + "pilot_profiles.py", "load", "import"): (START, "the profile that was chosen"),
    (BOARD_FILE, "StandardBoard.__getattr__", "import"): (BRIEF, "who asks: see StandardParts"),
    (BOARD_FILE, "StandardBoard.chip", "import"): (
        ASKED,
        "at the start, and by Work.start_anew, which holds the permit",
    ),
    (BOARD_FILE, "StandardBoard.safe_outputs", "import"): (
        OPENED,
        "what the loader's safe.py does on a pile, for whoever has no loader",
    ),
    (BOARD_FILE, "StandardBoard.*", "import"): (START, "parts are built once"),
    (PARTS_FILE, "StandardParts.*", "import"): (START, "parts are built once"),
    (APP + "station.py", "Station._build_panel", "import"): (START, "built once"),
    (APP + "station.py", "Station._build_operator", "import"): (START, "built once"),
    (APP + "panel.py", "Panel._readers", "import"): (START, "built once"),
    (DRIVERS + "dead_man_rmt.py", "DeadManRmt.__init__", "rmt.write_pulses"): (
        START,
        "shows that a pulse can be stopped",
    ),
    (DRIVERS + "dead_man_rmt.py", "DeadManRmt.beat", "rmt.write_pulses"): (
        BRIEF,
        "the pulse before was stopped, so there is no end to wait for",
    ),
    (DRIVERS + "dead_man_uart.py", "DeadManUart.beat", "uart.write"): (
        BRIEF,
        "36 bytes at most go into a FIFO of 128",
    ),
    (
        DRIVERS + "flash_partition.py",
        "FlashPartition.__init__",
        "esp32.Partition.find esp32.Partition.TYPE_DATA partition.ioctl",
    ): (
        BRIEF,
        "looks the partition up in a table in RAM",
    ),
    (DRIVERS + "flash_partition.py", "FlashPartition.program", "partition.writeblocks"): (
        BRIEF,
        "one record in one page, 3 ms, no erase",
    ),
    (DRIVERS + "flash_partition.py", "FlashPartition.erase", "partition.ioctl"): (
        ASKED,
        "reached from Ring.prepare alone, which stands in the table of patterns",
    ),
    (DRIVERS + "light_ws2812.py", "LightWs2812.set", "machine.bitstream"): (
        BRIEF,
        "60 LEDs, 2 ms",
    ),
    (DRIVERS + "meter_bl0942.py", "MeterBl0942.request", "uart.write"): (BRIEF, "two bytes"),
    (DRIVERS + "rs485.py", "Rs485.write", "uart.write"): (
        BRIEF,
        "a request fits the transmit buffer of 256, and the one before has long gone",
    ),
    (DRIVERS + "rfid_pn532.py", "RfidPn532Uart._write", "uart.write"): (
        BRIEF,
        "16 bytes that wake the chip and one command fit the transmit buffer of 256",
    ),
    (APP + "console.py", "Console.drain", "sys.stdout.write"): (BRIEF, "64 characters, 5.6 ms"),
    (APP + "shell.py", "Shell._echo", "sys.stdout.write"): (BRIEF, "one character that was typed"),
    (APP + "shell.py", "Shell._write", "sys.stdout.write"): (BRIEF, "64 characters, 5.6 ms"),
    (APP + "station.py", "Station.run", "console.flush"): (
        BRIEF,
        "pieces of 64 characters; the tick runs between them and opens by itself",
    ),
    (APP + "updates.py", "Updates._take", "os.listdir"): (START, "a bundle that came by cable"),
    ("loader/slots.py", "read", "open json.load"): (OPENED, "boot.py and main.py import it so"),
    ("loader/slots.py", "look", "open os.stat os.listdir"): (
        OPENED,
        "boot.py and main.py import it so",
    ),
    ("loader/slots.py", "write", "open json.dump os.rename"): (
        OPENED,
        "boot.py and main.py import it so",
    ),
    **ROWS,
    ("main.py", "<module>", "print sys.print_exception time.sleep"): (OPENED, "the end of main"),
}
# Objects of a class go by these names; a class that is not here may go by any
RECEIVERS = {"StandardBoard": ("board",), "StandardParts": ("board",)}
# Tasks that may build parts, up to this call: no closing comes within 500 ms of the first tick
EARLY = {
    (APP + "station.py", "Station._run"): "connector.start",
    (APP + "station.py", "Station._control"): "board.watchdog",
}
