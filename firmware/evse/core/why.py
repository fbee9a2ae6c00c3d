"""Why a connector does not charge: the first thing in the way, as a key and what fills its sentence.

Loaded when a technician asks. The order is that of the causes: what has to go first stands first.
"""

from .charging import B2, C2, D2
from .faults import STOPS, names
from .limits import LEAST_A10
from .transaction import ENDING

# key: sentence in English, in Chinese; %s is filled with what reason() tells
SENTENCES = {
    "charging": (
        "It is charging, with at most %s; %s holds the current.",
        "正在充电，最大 %s，由 %s 限流。",
    ),
    "fault": ("The fault %s holds it: %s", "故障 %s：%s"),
    "welded": (
        "The contactor is closed though it should be open: isolate the pile.",
        "接触器应断开却闭合：请切断电源。",
    ),
    "out_of_service": ("The connector was taken out of service.", "该接口已停用。"),
    "no_key": (
        "The pile has no key, so no bill could be sealed: provision it.",
        "桩没有密钥，无法签署账单：请先配置。",
    ),
    "journal": ("The journal takes no record: %s", "日志无法写入：%s"),
    "no_vehicle": (
        "No vehicle is plugged in: the pilot shows state A.",
        "未插枪：导引电路为状态 A。",
    ),
    "finished": (
        "The charge has ended; unplug, or authorise another one.",
        "充电已结束：请拔枪或重新授权。",
    ),
    "no_authorisation": (
        "A vehicle is plugged in; nobody has authorised a charge.",
        "车辆已连接，尚未授权充电。",
    ),
    "ending": (
        "The transaction is ending (%s) and waits for the meter's last reading.",
        "订单正在结束（%s），等待电表最后读数。",
    ),
    "self_test": (
        "The residual-current monitor is being tested; it takes some seconds.",
        "正在进行剩余电流自检，请稍候。",
    ),
    "lock": ("The connector lock has not reported locked.", "电子锁尚未锁止。"),
    "phases": (
        "The phase contactor is being switched; it takes some seconds.",
        "正在切换相数，请稍候。",
    ),
    "limit": (
        "The limit %s allows %s; below 6 A nothing is offered.",
        "限流 %s 只允许 %s，低于 6 A 不输出。",
    ),
    "pause": (
        "A pause is kept for some seconds after the limit came back.",
        "限流恢复后需暂停数秒。",
    ),
    "vehicle": (
        "The pile offers %s, the vehicle does not ask for it (state %s).",
        "桩已提供 %s，车辆未请求（状态 %s）。",
    ),
    "contactor": (
        "Everything is ready; the contactor waits for its minimum open time.",
        "一切就绪，接触器等待最短断开时间。",
    ),
}


# What reason() looks at, and what stands for "nothing in the way"
CLEAR = {
    "closed": False,
    "commanded": False,
    "in_service": True,
    "has_key": True,
    "faults": 0,
    "fault_sentence": "",
    "journal_problem": "",
    "vehicle": False,
    "finished": False,
    "phase": None,  # of the transaction, None without one
    "stop_reason": "",
    "testing": False,
    "unlocked": False,
    "switching": False,
    "least_a10": 0,
    "holder": "",
    "state": 0,
    "state_name": "",
}


def reason(now):
    """(key of SENTENCES, values of its sentence) for a situation, a dict as CLEAR."""
    blocking = now["faults"] & STOPS
    if blocking:
        return "fault", (names(blocking)[0], now["fault_sentence"])
    if now["closed"] and not now["commanded"]:
        return "welded", ()
    if now["closed"] and now["state"] in (C2, D2):
        return "charging", (_amperes(now["least_a10"]), now["holder"])
    return _plain(now) if now["phase"] is None else _of_transaction(now)


def _plain(now):
    # Nobody has asked for a charge: what would be said to whoever does
    if not now["in_service"]:
        return "out_of_service", ()
    if not now["has_key"]:
        return "no_key", ()
    if now["journal_problem"]:
        return "journal", (now["journal_problem"],)
    if not now["vehicle"]:
        return "no_vehicle", ()
    return ("finished" if now["finished"] else "no_authorisation"), ()


def _of_transaction(now):
    if now["phase"] >= ENDING:
        return "ending", (now["stop_reason"],)
    if now["least_a10"] < LEAST_A10:
        return "limit", (now["holder"], _amperes(now["least_a10"]))
    if now["testing"]:
        return "self_test", ()
    if now["unlocked"]:
        return "lock", ()
    if now["switching"]:
        return "phases", ()
    if now["state"] in (C2, D2):
        return "contactor", ()
    if now["state"] == B2:
        return "vehicle", (_amperes(now["least_a10"]), now["state_name"])
    return "pause", ()


def sentence(key, values, language):
    """The sentence of a reason, language "en" or "zh"."""
    text = SENTENCES[key][language == "zh"]
    return text % values if values else text


def _amperes(a10):
    return "%d.%d A" % (a10 // 10, a10 % 10)
