"""A pile that keeps charging profiles and a local list, and refuses what does not follow."""

import asyncio

from bridge.fake_pile import PILE, FakePile
from bridge.fake_platform import until
from bridge.fakes import local_bridge
from evse.core import messages, schedule
from pilebridge.station_services import DEFAULT, ChargingProfile, Period
from pilebridge.wire import command_rows


class BookPile(FakePile):
    """`profiles` are by id, `tokens` the whole list; `asked` are the commands' names and arguments."""

    def __init__(self, *args):
        super().__init__(*args)
        self.revision = self.version = 0
        self.profiles = {}
        self.tokens = []
        self.parts = []
        self.asked = []
        self.most_profiles = 8
        self.most_tokens = 64
        self.settings = {"name": "A", "limit": 160}
        self.refuse = {}
        self.operated = True

    def hello(self):
        holds = {"profiles": self.revision, "tokens": self.version}
        return {**super().hello(), **({"holds": holds} if self.operated else {})}

    def act(self, command):
        name, args = command["name"], command["args"]
        messages.check(args, command_rows(name))
        self.asked.append((name, args))
        if name in messages.ORDERS and name not in self.refuse:
            self.operated = True
        if name in self.refuse:
            return {"result": "refused", "reason": self.refuse[name]}
        handler = getattr(self, "on_" + name, None)
        return super().act(command) if handler is None else handler(args)

    def told(self, *names):
        """What it was told of these, without the rest."""
        return [(name, args) for name, args in self.asked if name in names]

    def on_profile(self, args):
        if args["revision"] != self.revision + 1:
            return {"result": "refused", "reason": "out_of_step"}
        new = schedule.profile(args)
        kept = schedule.install([schedule.profile(each) for each in self.profiles.values()], new)
        if len(kept) > self.most_profiles:
            return {"result": "refused", "reason": "full"}
        self.profiles[args["id"]] = args
        self.profiles = {each[0]: self.profiles[each[0]] for each in kept}
        self.revision += 1
        return {"result": "accepted", "reason": ""}

    def on_clear_profiles(self, args):
        if not args["ids"]:
            self.profiles, self.revision = {}, args["revision"]
        elif args["revision"] != self.revision + 1:
            return {"result": "refused", "reason": "out_of_step"}
        else:
            self.revision += 1
            for number in args["ids"]:
                self.profiles.pop(number, None)
        return {"result": "accepted", "reason": ""}

    def on_tokens(self, args):
        if args["total"] > self.most_tokens:
            return {"result": "refused", "reason": "full"}
        if not args["from"]:
            self.parts = []
        assert args["from"] == len(self.parts)
        self.parts += args["entries"]
        if len(self.parts) == args["total"]:
            self.tokens, self.version = self.parts, args["version"]
        return {"result": "accepted", "reason": ""}

    def on_settings(self, args):
        value = {key: self.settings[key] for key in args["keys"] if key in self.settings}
        return {"result": "accepted", "reason": "", "value": value}

    def on_configure(self, args):
        self.settings[args["key"]] = args["value"][0]
        return {"result": "accepted", "reason": "restart"}

    def on_reset(self, args):
        return {"result": "accepted", "reason": ""}

    on_unlock = on_availability = on_reserve = on_unreserve = on_clear_cache = on_reset
    on_authorized = on_reset


def profile(number, connector=1, purpose=DEFAULT, stack=0, a10=100, **more):
    """A charging profile of one period."""
    return ChargingProfile(number, connector, purpose, stack, (Period(0, a10),), **more)


def bridge_with_books(folder, **more):
    """(application, pile) whose pile keeps books."""
    return local_bridge(folder, pile_class=BookPile, **more)


async def settle(application):
    """Wait until nothing is on its way to the pile's books."""
    await asyncio.sleep(0.02)
    services = application.piles.by_name[PILE]
    await until(lambda: services.books._sync is None)
