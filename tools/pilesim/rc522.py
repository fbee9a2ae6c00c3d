"""The card reader MFRC522 at its registers: transceive, FIFO, timer, interrupts, soft and hard reset."""

from pilesim.card import COLLISION, DAMAGED, FAULTS, Reader

__all__ = ("FAULTS", "Rc522")

_COMMAND = 0x01
_COM_IRQ = 0x04
_ERROR = 0x06
_FIFO_DATA = 0x09
_FIFO_LEVEL = 0x0A
_BIT_FRAMING = 0x0D
_TX_CONTROL = 0x14
_TX_ASK = 0x15
_T_MODE = 0x2A
_T_PRESCALER = 0x2B
_T_RELOAD_HIGH = 0x2C
_T_RELOAD_LOW = 0x2D
_VERSION = 0x37

_TRANSCEIVE = 0x0C
_SOFT_RESET = 0x0F
_POWER_DOWN = 0x10
_TX_IRQ, _RX_IRQ, _TIMER_IRQ, _ERROR_IRQ = 0x40, 0x20, 0x01, 0x02
_FIFO_SIZE = 64
_START_US = 1500

_AT_RESET = (
    (_COMMAND, 0x20),
    (_COM_IRQ, 0x14),
    (0x11, 0x3F),
    (_TX_CONTROL, 0x80),
    (0x26, 0x48),
)


class Rc522(Reader):
    """On an SpiPort. `version` is what VersionReg says."""

    def __init__(self, clock, random, version=0x92):
        super().__init__(clock, random)
        self.version = version
        self.exchanges = 0
        self._reset_pad = None
        self._address = -1
        self._reading = False
        self._answer = b""
        self._flaws = 0
        self._started = clock.event(self._start)
        self._received = clock.event(self._receive)
        self._timer = clock.event(self._expire)
        self.power_on()

    def attach(self, port, cs_pad, reset_pad=None):
        """Connect bus, chip select and reset."""
        port.attach(self, cs_pad)
        self._reset_pad = reset_pad
        if reset_pad is not None:
            reset_pad.watchers.append(self._reset_changed)

    def power_on(self):
        """As after power-on: every register at its reset value, no field."""
        self._registers = bytearray(64)
        for register, value in _AT_RESET:
            self._registers[register] = value
        self._registers[_COMMAND] |= _POWER_DOWN
        self._fifo = bytearray()
        self._received.cancel()
        self._timer.cancel()
        self.field.switch(False)
        if "rfid_stuck" not in self.faults:
            self._started.at(self._clock.now_us + _START_US)

    def set_fault(self, name, on):
        """Switch one of FAULTS; `rfid_stuck`: no command ends and no timer runs out."""
        super().set_fault(name, on)
        if name == "rfid_stuck" and on:
            self._received.cancel()
            self._timer.cancel()

    # SPI

    def select(self, on):
        """Chip select: the next byte is an address."""
        self._address = -1

    def exchange(self, byte):
        """One byte each way."""
        if "rfid_silent" in self.faults or self._held():
            return 0xFF
        if self._address < 0 or self._reading:
            answer = 0 if self._address < 0 else self._read(self._address)
            self._reading = bool(byte & 0x80)
            self._address = byte >> 1 & 0x3F
            return answer
        self._write(self._address, byte)
        return 0

    def _held(self):
        pad = self._reset_pad
        return pad is not None and pad.output and not pad.high_us

    def _reset_changed(self, pad, now_us):
        if self._held():
            self.power_on()

    def _start(self, now_us):
        self._registers[_COMMAND] &= ~_POWER_DOWN & 0xFF

    # Registers

    def _read(self, register):
        if register == _FIFO_DATA:
            if not self._fifo:
                return 0
            value = self._fifo[0]
            self._fifo = self._fifo[1:]
            return value
        if register == _FIFO_LEVEL:
            return len(self._fifo)
        return self.version if register == _VERSION else self._registers[register]

    def _write(self, register, value):
        registers = self._registers
        if registers[_COMMAND] & _POWER_DOWN and register != _COMMAND:
            return
        if register == _COM_IRQ:
            # Bit 7 says whether the marked bits are set or cleared
            if value & 0x80:
                registers[_COM_IRQ] |= value & 0x7F
            else:
                registers[_COM_IRQ] &= ~value & 0x7F
        elif register == _FIFO_DATA:
            if len(self._fifo) < _FIFO_SIZE:
                self._fifo.append(value)
        elif register == _FIFO_LEVEL:
            if value & 0x80:
                self._fifo = bytearray()
        elif register == _COMMAND:
            self._command(value & 0x0F)
        elif register not in (_ERROR, _VERSION):
            registers[register] = value
            if register == _TX_CONTROL:
                self.field.switch(value & 3 == 3)
            elif register == _BIT_FRAMING and value & 0x80:
                self._send(value & 7)

    def _command(self, command):
        if command == _SOFT_RESET:
            self.power_on()
            return
        self._received.cancel()
        self._registers[_COMMAND] = self._registers[_COMMAND] & 0xF0 | command

    # The air

    def _send(self, bits):
        if self._registers[_COMMAND] & 0x0F != _TRANSCEIVE or "rfid_stuck" in self.faults:
            return
        self.exchanges += 1
        frame = bytes(self._fifo)
        self._fifo = bytearray()
        self._registers[_ERROR] = 0
        self._answer, self._flaws = b"", 0
        # Type A cards see nothing but 100 % modulation
        if self._registers[_TX_ASK] & 0x40:
            self._answer, self._flaws = self.field.exchange(frame, bits)
        now_us = self._clock.now_us
        sent_us = now_us + self.field.exchange_us(frame, bits, b"")
        self._registers[_COM_IRQ] |= _TX_IRQ
        if self._answer:
            self._received.at(now_us + self.field.exchange_us(frame, bits, self._answer))
        elif self._registers[_T_MODE] & 0x80:
            self._timer.at(sent_us + self._timer_us())

    def _timer_us(self):
        registers = self._registers
        prescaler = (registers[_T_MODE] & 0x0F) << 8 | registers[_T_PRESCALER]
        reload = registers[_T_RELOAD_HIGH] << 8 | registers[_T_RELOAD_LOW]
        return (2 * prescaler + 1) * (reload + 1) * 100 // 1356

    def _receive(self, now_us):
        self._fifo = bytearray(self._answer)
        self._registers[_COM_IRQ] |= _RX_IRQ
        if self._flaws:
            self._registers[_COM_IRQ] |= _ERROR_IRQ
            collided = 0x08 if self._flaws & COLLISION else 0
            self._registers[_ERROR] = collided | (0x02 if self._flaws & DAMAGED else 0)

    def _expire(self, now_us):
        self._registers[_COM_IRQ] |= _TIMER_IRQ
