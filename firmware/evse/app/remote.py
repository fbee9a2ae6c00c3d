"""What the bridge says beside commands: acknowledgements, the time, the site's limit, a new secret."""

from ..core import limits


class Remote:
    """Takes decoded and signed messages; `station` holds the parts they act on."""

    def __init__(self, station):
        self._station = station

    def acknowledged(self, message):
        """Free what is committed. Only the answer to our last hello brings the time and opens the link."""
        station = self._station
        upto, nonce = message["upto"], message.get("nonce")
        greeted = bool(nonce) and nonce == station.report.nonce and "utc" in message
        running = nonce is None and station.uplink.online and upto < station.journal.next_seq
        if message["life"] != station.journal.life or not (greeted or running):
            # Said to somebody we were, or said before
            station.counts["stale"] += 1
            return
        if greeted:
            station.report.nonce = ""
            self.clock_stepped(station.clock.set_by_bridge(message["utc"]), "bridge")
        station.journal.acknowledge(upto)
        station.uplink.acknowledged(upto)

    def clock_stepped(self, step_s, source):
        """The clock was corrected: the records say by how much."""
        if step_s:
            station = self._station
            station.console.say("clock stepped by %d s, told by %s", step_s, source)
            station.journal.record("clock", 0, None, step_s=step_s, source=source)

    def site_limit(self, a10, utc_s, ttl_s):
        """A site's supply limit: a retained one may be old and holds for what is left of its time."""
        station = self._station
        fallback_a10 = station.settings["site_fallback_a10"]
        now_s = station.clock.utc_s()
        if now_s is None:
            a10 = min(a10, fallback_a10)
        else:
            ttl_s = min(ttl_s, utc_s + ttl_s - now_s)
        if ttl_s <= 0:
            station.counts["stale"] += 1
            return
        for connector in station.connectors.values():
            connector.loop.limits.set(limits.SITE, a10, ttl_s * 1000, fallback_a10)
            connector.loop.changed = True

    def rotate_key(self, number, nonce, cover):
        """Take a new secret; returns "" or the reason of the refusal."""
        station = self._station
        if station.permit.energised:
            return "busy"
        # Sealed with the secret that everybody knows still
        station.journal.record("key", 0, None, number=number)
        refusal = station.keys.rotate(number, nonce, cover)
        if not refusal:
            self.log_in()
            station.uplink.reconnect()
        return refusal

    def log_in(self):
        """Use the secret in force from the next connection on."""
        keys = self._station.keys
        self._station.security.use(keys.number, keys.secret or b"")

    def chunk(self, payload):
        """A piece of a bundle: for whoever fetches one."""
        worker = self._station.updates.worker
        if worker:
            worker.chunk(payload)

    def command_mac(self):
        """Key that commands must be signed with, None without a secret."""
        return self._station.keys.command

    def pause(self, wanted):
        """Pause the charge while the link needs the interpreter for itself."""
        station = self._station
        for connector in station.connectors.values():
            connector.loop.limits.set(limits.LINK, 0 if wanted else limits.UNLIMITED_A10)
            connector.loop.changed = True

    def ask_time(self):
        """What came does not fit our time: the bridge's clock may have been set anew."""
        self._station.uplink.ask_time()

    def time_told(self, utc_s):
        """A time server has answered."""
        self.clock_stepped(self._station.clock.set_by_server(utc_s), "ntp")
