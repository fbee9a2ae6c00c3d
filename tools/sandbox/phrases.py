"""The sentences drivers read, Chinese and English, by code; and codes by FailReason."""

from sandbox.model import RefusalError

CONNECTOR_STATES = {
    None: ("unknown", "状态未知", "No news"),
    0: ("offline", "离线", "Offline"),
    1: ("idle", "空闲", "Available"),
    2: ("occupied", "已插枪", "Plugged in"),
    3: ("charging", "充电中", "Charging"),
    4: ("reserved", "已预约", "Reserved"),
    255: ("fault", "故障", "Out of order"),
}

STOP_REASONS = {
    0: ("在充电桩上停止", "Stopped at the pile"),
    1: ("由您远程停止", "Stopped by you, from this page"),
    2: ("车辆停止（充满或车主设置）", "Stopped by the vehicle"),
    3: ("充电桩故障", "The pile reported a fault"),
    4: ("充电枪已拔出", "The plug was pulled"),
}
CUSTOM_STOP = ("其他原因", "Another reason")

REFUSALS = {
    "not_plugged": ("请先插好充电枪，再点开始。", "Plug in first, then press start."),
    "device_check": (
        "充电桩自检未通过，暂时不能充电。请换一个桩。",
        "The pile did not pass its own check. Please use another one.",
    ),
    "no_price": (
        "这个桩还没有价格，不能开始充电。",
        "This pile has no price yet, so it cannot start.",
    ),
    "no_device": ("运营商不认识这个充电桩。", "The operator does not know this pile."),
    "offline": (
        "充电桩离线，暂时无法开始。",
        "The pile is offline and cannot start now.",
    ),
    "fault": ("充电桩故障，请换一个桩。", "The pile is out of order. Please use another one."),
    "busy": ("这个桩正在为别人充电。", "This pile is charging another vehicle."),
    "reserved": ("这个桩已被别人预约。", "This pile is reserved by someone else."),
    "refused": ("充电桩拒绝了请求。", "The pile refused the request."),
    "start_failed": (
        "充电桩没有开始充电，本次不收费。",
        "The pile did not begin to charge. Nothing was delivered.",
    ),
    "no_result": (
        "充电桩一直没有回音，请查看桩上的指示灯或换一个桩。",
        "The pile did not report a start. Look at its light, or use another one.",
    ),
    "stop_failed": (
        "停止没有成功，请再试一次，或按桩上的按钮、在车上停止。",
        "Stopping did not work. Try again, or stop at the pile or in the vehicle.",
    ),
    "already_ended": ("这次充电已经结束。", "This charge has already ended."),
    "unknown_connector": ("没有这个充电桩。", "There is no such pile."),
    "unknown_charge": ("没有这次充电的记录。", "There is no such charge."),
    "bridge_down": (
        "联系不上运营商的桥接服务，请稍后再试。",
        "The operator's bridge cannot be reached. Please try again soon.",
    ),
    "bridge_refused": (
        "运营商没有接受请求，请稍后再试。",
        "The operator's bridge did not accept the request. Please try again soon.",
    ),
    "bad_request": ("请求的格式不对。", "The request has the wrong form."),
}

# FailReason of T/CEC 102.3 by interface. From 3 on (a stop: from 4) they are each operator's own;
# those named here are agreed with the bridge under test
FAIL_CODES = {
    "query_equip_auth": {1: "not_plugged", 2: "device_check", 3: "no_device", 4: "busy"},
    "query_equip_business_policy": {1: "no_price"},
    "query_start_charge": {1: "no_device", 2: "offline", 3: "not_plugged", 4: "busy", 5: "fault"},
    "query_stop_charge": {1: "no_device", 2: "offline", 3: "already_ended"},
}


def refusal(
    code: str,
    *,
    http_status: int = 409,
    interface: str = "",
    fail_reason: int | None = None,
    detail: str = "",
) -> RefusalError:
    """The RefusalError of a code, with its sentences."""
    zh, en = REFUSALS[code]
    return RefusalError(
        code,
        zh,
        en,
        http_status=http_status,
        interface=interface,
        fail_reason=fail_reason,
        detail=detail,
    )


def from_fail_reason(interface: str, fail_reason: int, detail: str = "") -> RefusalError:
    """The RefusalError behind SuccStat 1; the operator's own reasons keep number and text."""
    code = FAIL_CODES[interface].get(fail_reason, "refused")
    note = detail or (f"FailReason {fail_reason}" if code == "refused" else "")
    return refusal(code, interface=interface, fail_reason=fail_reason, detail=note)
