"""What a driver touches: card reader, start/stop button, buzzer. Built from what the board has."""

from ..core import faults
from ..core.beep import ACCEPTED, REFUSED, Beep
from ..core.button_press import NONE, SHORT, ButtonPress


class Panel:
    """One step per control loop; `causes` are the faults of its parts, `problem` says how the reader fails."""

    def __init__(self, station, settings):
        board = station.board
        self.causes = 0
        self.problem = ""
        self._station = station
        self._buzzer = _built(board.buzzer)
        self._beep = Beep()
        self._sounding = False
        self._action = settings["button"]
        self._buttons = []  # (connector, part, press)
        pins = []
        for connector in station.connectors.values():
            evse_board = connector.board
            # A button that both share is that of the first
            if "button" in evse_board.PINS and evse_board.PINS["button"] not in pins:
                pins.append(evse_board.PINS["button"])
                part = _built(evse_board.button)
                if part:
                    self._buttons.append((connector, part, ButtonPress()))
        self.id_tokens = self._readers(board, settings)

    def _readers(self, board, settings):
        try:
            reader = board.rfid()
        except OSError as error:
            self.problem = "card reader: %s" % error
            self.causes |= faults.READER_FAILED
            return None
        if reader is None:
            return None
        from .id_tokens import IdTokens

        patience_ms = settings["start_timeout_s"] * 1000
        return IdTokens(reader, settings["id_tokens"], patience_ms, self._station, self)

    def say(self, text, *values):
        """One line on the console."""
        self._station.console.say(text, *values)

    def beep(self, accepted):
        """Tell the driver by the buzzer."""
        self._beep.start(ACCEPTED if accepted else REFUSED)

    def step(self, dt_ms):
        """Advance by `dt_ms`."""
        if self.id_tokens:
            self.id_tokens.step(dt_ms)
            self.causes = faults.READER_FAILED if self.id_tokens.failed else 0
            self.problem = self.id_tokens.problem
        for connector, part, press in self._buttons:
            event = press.step(part.active(), dt_ms)
            if event == SHORT:
                self._pressed(connector)
            elif event != NONE:
                self.say("button held%s", ", as if it was stuck" if press.stuck else "")
        if self._buzzer:
            sounding = self._beep.step(dt_ms)
            if sounding != self._sounding:
                self._sounding = sounding
                self._buzzer.set(sounding)

    def _pressed(self, connector):
        session = connector.session
        refusal = "off"
        if self._action != "off":
            refusal = session.stop(None, "local")
            if refusal == "no_transaction" and self._action == "start_stop":
                refusal = session.start("button", "local")
        self.beep(not refusal)
        self.say("button: %s", refusal or "accepted")


def _built(build):
    # A part that the chip refuses is no reason not to charge
    try:
        return build()
    except OSError:
        return None
