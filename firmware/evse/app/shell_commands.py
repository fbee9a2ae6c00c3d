"""The console's commands: their table, who may give them, and what each answers; see docs/console.md.

An answer is a dict whose names carry their units, or a generator of lines, dicts and, while it waits, None.
"""

import json

from . import shell_orders, shell_reasons, shell_text, shell_views

# Name, usage, needs the service code, what it does in English and Chinese
COMMANDS = (
    ("status", "", False, "the station and its connectors", "桩和接口的概况"),
    ("why", "[N]", False, "why it does not charge", "为什么不充电"),
    ("cp", "[N]", False, "control pilot levels", "导引电压"),
    ("relay", "[N]", False, "contactor and its feedback", "接触器和反馈"),
    ("meter", "[N]", False, "meter and its last frame", "电表和最近报文"),
    ("faults", "[N]", False, "active faults and what to do", "当前故障和处理"),
    ("limits", "[N]", False, "who holds the current back", "限流来源"),
    ("parts", "", False, "safety inputs, temperature, reader", "安全输入、温度、读卡器"),
    ("net", "", False, "network and broker", "网络和服务器"),
    ("journal", "[FROM]", False, "records and their state", "日志记录"),
    ("log", "[COUNT]", False, "the last events", "最近事件"),
    ("watch", "cp [N]", False, "levels until a key is pressed", "连续显示，按键停止"),
    ("settings", "[NAME]", False, "settings in force", "当前设置"),
    ("set", "NAME VALUE", True, "change a setting", "修改设置"),
    ("selftest", "[N]", True, "try what can be tried", "自检"),
    ("tx", "start|stop [N]", True, "start or stop a charge", "开始或停止充电"),
    ("reset", "[N]", True, "clear faults that ask for it", "清除故障"),
    ("unlock", "[N]", True, "end a lock-out after the repair", "维修后解除锁定"),
    ("login", "CODE", False, "say the service code", "输入服务码"),
    ("lang", "en|zh", False, "language of the answers", "语言"),
    ("restart", "", True, "start the station again", "重新启动"),
    ("maint", "[CODE]", False, "open, latch, leave to the REPL", "断开并进入 REPL"),
    ("help", "[COMMAND]", False, "this list", "命令列表"),
)


def answer(shell, text):
    """The lines of the answer to a typed line, one after the other; None for "not yet"."""
    words = text.split()
    as_json = "--json" in words
    words = [word for word in words if word != "--json"]
    try:
        for found in _results(shell, words[0] if words else "help", words[1:]):
            if found is None or isinstance(found, str):
                yield found
            elif as_json:
                yield json.dumps(found)
            else:
                yield from shell_text.lines(found, shell.language)
    except ValueError as error:
        yield json.dumps({"error": str(error)}) if as_json else str(error)


def _results(shell, name, args):
    row = None
    for each in COMMANDS:
        if each[0] == name:
            row = each
    if not row:
        raise ValueError(shell.said("unknown", name[:24]))
    if name == "help":
        return _help(shell.language, args)
    if row[2] and shell.code and not shell.trusted:
        raise ValueError(shell.said("login"))
    try:
        found = shell_views.view(shell, name, args)
        found = found or shell_reasons.tell(shell, name, args)
        found = found or shell_orders.obey(shell, name, args)
    except IndexError:
        raise ValueError(shell.said("usage", "%s %s" % (name, row[1])))
    return (found,) if isinstance(found, dict) else found


def _help(language, args):
    for row in COMMANDS:
        if not args or row[0] in args:
            yield "%-9s %-15s %s" % (row[0], row[1], row[4 if language == "zh" else 3])
