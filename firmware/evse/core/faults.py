"""The fault table: everything the pile can suffer, and what is said and done about it.

One row per fault; reaction, wire name, platform codes, light and sentences all derive from it.
Bit sets of faults are plain integers below 2**30, so that the safety tick may hold them.
"""

# Severity
WARN = 0  # told, charging goes on
STOP = 1  # the transaction ends, the vehicle is asked to open S2 first
TRIP = 2  # the contactor opens at once and the transaction ends

# How a fault clears once its cause is gone
SELF = 0  # by itself after the wait
UNPLUG = 1  # when the vehicle has been unplugged
MANUAL = 2  # not while the pile runs; with TRIP the pilot goes to state F

FIELDS = (
    "name",
    "severity",
    "clears",
    "wait_ms",
    "ocpp16",
    "ocpp201",
    "tcec_stop_reason",
    "light",
    "sentence",
    "sentence_zh",
)

# fmt: off
TABLE = (
    ("pilot_short", TRIP, SELF, 3000, "GroundFailure", "ControlPilotShort", 3, "red_fast",
     "The control pilot is shorted to protective earth: check cable, inlet and CP wiring.",
     "控制导引对保护地短路：检查电缆、车辆插座和 CP 接线。"),
    ("pilot_diode", TRIP, SELF, 3000, "EVCommunicationError", "PilotDiodeFault", 3, "red_fast",
     "The negative half-wave is missing: no diode in the vehicle, or the pilot leaks.",
     "导引负半波缺失：车辆侧无二极管或导引漏电。"),
    ("pilot_invalid", TRIP, SELF, 3000, "EVCommunicationError", "PilotLevelInvalid", 3, "red_fast",
     "The pilot level belongs to no state: check the generator, the divider and the cable.",
     "导引电压不属于任何状态：检查发生器、分压电阻和电缆。"),
    ("contactor_welded", TRIP, MANUAL, 0, "PowerSwitchFailure", "ContactorWelded", 3, "red_on",
     "The mirror contact shows the contactor closed though the coil is off: isolate and replace it.",
     "线圈断电后镜像触点仍显示闭合：断电隔离并更换接触器。"),
    ("contactor_no_close", TRIP, UNPLUG, 0, "PowerSwitchFailure", "ContactorNoClose", 3, "red_slow",
     "The contactor did not close: check coil supply, dead-man and mirror contact wiring.",
     "接触器未吸合：检查线圈电源、失效保护电路和镜像触点接线。"),
    ("contactor_released", TRIP, SELF, 10000, "PowerSwitchFailure", "ContactorReleased", 3, "red_slow",
     "The contactor opened without a command: the dead-man released it or the coil lost power.",
     "接触器在无指令时断开：失效保护已释放或线圈失电。"),
    ("tick_late", TRIP, SELF, 10000, "InternalError", "SafetyTickLate", 3, "red_slow",
     "The safety tick came too late while charging: something held the interpreter.",
     "充电中安全节拍迟到：解释器被占用。"),
    ("tick_failed", TRIP, SELF, 10000, "InternalError", "SafetyTickFailed", 3, "red_slow",
     "The safety tick ended by an error: the contactor was opened. See detail.",
     "安全节拍因错误中止：接触器已断开，见 detail。"),
    ("control_lost", TRIP, SELF, 10000, "InternalError", "ControlLoopLost", 3, "red_slow",
     "The control loop stopped renewing its permission: the contactor was opened.",
     "控制循环停止刷新许可：接触器已断开。"),
    ("meter_lost", STOP, SELF, 1000, "PowerMeterFailure", "MeterLost", 3, "red_slow",
     "The meter does not answer: check RS-485 A/B, address and baud rate.",
     "电表无应答：检查 RS-485 A/B 线、地址和波特率。"),
    ("meter_implausible", STOP, UNPLUG, 0, "PowerMeterFailure", "MeterImplausible", 3, "red_slow",
     "The meter register stepped back or jumped: it was replaced or is defective.",
     "电表底数倒退或突变：电表被更换或损坏。"),
    ("settings_invalid", WARN, MANUAL, 0, "NoError", "SettingsInvalid", 3, "yellow",
     "A setting was refused; the last good or default value is in force. See notes.",
     "有设置项被拒绝，正在使用上次有效值或默认值，见 notes。"),
    ("clock_unknown", WARN, SELF, 0, "NoError", "ClockUnknown", 3, "",
     "The time is not known yet: remote commands wait, the journal carries the uptime.",
     "时间未知：远程指令暂不接受，日志使用运行时间。"),
    ("journal_full", WARN, SELF, 0, "NoError", "JournalFull", 3, "yellow",
     "The journal is full because the bridge has not committed for long: no new charge begins.",
     "日志已满，云桥长时间未确认：不再开始新的充电。"),
    ("task_failed", WARN, SELF, 60000, "InternalError", "TaskFailed", 3, "yellow",
     "A task ended by an error and was started again. See detail.",
     "某任务因错误终止并已重启，见 detail。"),
)
# fmt: on

NAMES = tuple(row[0] for row in TABLE)

(
    PILOT_SHORT,
    PILOT_DIODE,
    PILOT_INVALID,
    CONTACTOR_WELDED,
    CONTACTOR_NO_CLOSE,
    CONTACTOR_RELEASED,
    TICK_LATE,
    TICK_FAILED,
    CONTROL_LOST,
    METER_LOST,
    METER_IMPLAUSIBLE,
    SETTINGS_INVALID,
    CLOCK_UNKNOWN,
    JOURNAL_FULL,
    TASK_FAILED,
) = (1 << index for index in range(len(TABLE)))


def _mask(column, value):
    position = FIELDS.index(column)
    mask = 0
    for index, row in enumerate(TABLE):
        if row[position] == value:
            mask |= 1 << index
    return mask


TRIPS = _mask("severity", TRIP)
STOPS = _mask("severity", STOP) | TRIPS
WARNS = _mask("severity", WARN)
MANUALS = _mask("clears", MANUAL)
UNPLUGS = _mask("clears", UNPLUG)


def names(bits):
    """Names of the faults in a bit set, in table order."""
    return [name for index, name in enumerate(NAMES) if bits >> index & 1]


def row(name):
    """Row of a fault as a dict; KeyError for an unknown name."""
    if name not in NAMES:
        raise KeyError(name)
    return dict(zip(FIELDS, TABLE[NAMES.index(name)]))


class FaultRegister:
    """Which faults are active: raised at once, cleared by the rule of their row."""

    def __init__(self):
        self.active = 0
        self._quiet_ms = [0] * len(TABLE)

    def step(self, present, unplugged, dt_ms):
        """Take the causes present now; returns (raised, cleared) bit sets."""
        raised = present & ~self.active
        self.active |= present
        cleared = 0
        waiting = self.active & ~present
        index = 0
        bits = self.active
        while bits:
            if bits & 1:
                bit = 1 << index
                if waiting & bit:
                    self._quiet_ms[index] += dt_ms
                    if self._may_clear(bit, index, unplugged):
                        cleared |= bit
                else:
                    self._quiet_ms[index] = 0
            bits >>= 1
            index += 1
        self.active &= ~cleared
        return raised, cleared

    def _may_clear(self, bit, index, unplugged):
        if bit & MANUALS:
            return False
        if bit & UNPLUGS and not unplugged:
            return False
        return self._quiet_ms[index] >= TABLE[index][3]
