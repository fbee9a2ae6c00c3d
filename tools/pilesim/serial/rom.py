"""What a start of the chip says on the serial port: its ROM, or MicroPython after a soft reset."""

from pilesim.chip import HARD_RESET, PWRON_RESET, SOFT_RESET, WDT_RESET

NO_IMAGE = "invalid header: 0xffffffff\r\n"
WAITING = "waiting for download\r\n"
_RESETS = {
    PWRON_RESET: (1, "POWERON_RESET"),
    HARD_RESET: (0xC, "SW_CPU_RESET"),
    WDT_RESET: (8, "TG1WDT_SYS_RESET"),
}


def starting(cause):
    """The line of a start after a reset, from its flash."""
    if cause == SOFT_RESET:
        return "MPY: soft reboot\r\n"
    return "rst:0x%x (%s),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n" % _RESETS[cause]


def loading():
    """The line of a start with BOOT held."""
    return "rst:0x%x (%s),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\n" % _RESETS[1]
