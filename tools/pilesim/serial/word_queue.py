"""Words for a simulated pile on a serial port: some for its surroundings, the others for the world in its process."""

from pilesim import scenario_words

# What of the world holds until another such word comes: a new process finds it so
_LASTING = ("plug", "unplug", "s2", "need", "vehicle", "phases", "fault", "mains", "voltage")
_LASTING += ("temperature", "pilot")


class WordQueue:
    """Words, each carried out when the one before it is done.

    `own` maps the words of the surroundings to what they do, `complain(text)` tells of one that cannot be.
    """

    def __init__(self, own, complain):
        # The running ChipProcess, or None, and whether one is about to start
        self.chip = None
        self._chip_comes = True
        self._own = own
        self._complain = complain
        self._waiting = []
        self._lasting = {}
        self._carrying_out = False

    @property
    def lasting(self):
        """The words that make a new world what the old one was."""
        return list(self._lasting.values())

    def take(self, text):
        """More words, separated by semicolons or line ends."""
        for line in text.split("\n"):
            for part in line.split("#", 1)[0].split(";"):
                word = " ".join(part.split())
                if word:
                    self._waiting.append(word)
        self.go_on()

    def changes(self):
        """The chip is about to be another one: what it needs waits."""
        self.chip = None
        self._chip_comes = True

    def runs(self, chip):
        """That one runs, or with None there is none."""
        self.chip = chip
        self._chip_comes = False
        self._carrying_out = False
        self.go_on()

    def done(self):
        """The process has carried its word out."""
        self._carrying_out = False
        self.go_on()

    def go_on(self):
        """Carry out what waits, up to a word that takes time."""
        while self._waiting and not self._busy():
            word = self._waiting.pop(0)
            try:
                if word in self._own:
                    self._own[word]()
                else:
                    self._pass_on(word)
            except ValueError as error:
                self._complain(str(error))

    def _busy(self):
        if self._chip_comes:
            return self._waiting[0] not in self._own
        # At the prompt the world's words wait in the process, for a program to give them time
        return self._carrying_out and self.chip is not None and not self.chip.at_prompt

    def _pass_on(self, word):
        name = word.split()[0]
        own = [text for text in self._own if text.split()[0] == name]
        if own:
            raise ValueError("'%s'; usage: %s" % (word, "|".join(own)))
        step = scenario_words.parse(word)[0]
        if step.word in _LASTING:
            about = step.arguments[0] if step.word == "fault" else ""
            key = (step.word.removeprefix("un"), about, step.outlet)
            self._lasting.pop(key, None)
            self._lasting[key] = word
        if self.chip is not None:
            self._carrying_out = True
            self.chip.tell(word)
        elif step.word not in _LASTING:
            raise ValueError("'%s': the pile does not run" % word)
