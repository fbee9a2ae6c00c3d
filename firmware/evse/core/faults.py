"""The fault table: everything the pile can suffer, and what is said and done about it.

One row per fault; reaction, retry, wire name, platform codes, light and sentences all derive from it.
Bit sets of faults are plain integers below 2**30, so that the safety tick may hold them.
"""

# Severity
WARN = 0  # told, charging goes on
STOP = 1  # the vehicle is asked to open S2 first, then the contactor opens
TRIP = 2  # the contactor opens at once

# How a fault clears once its cause is gone
SELF = 0  # by itself after the wait
UNPLUG = 1  # when the vehicle has been unplugged
MANUAL = 2  # by a reset at the pile, or at its next start; with TRIP the pilot goes to state F
LOCKOUT = 3  # by a technician only, power cuts included; with TRIP the pilot goes to state F

# `retries`: so many times per plug-in a transaction waits for the fault to clear instead of ending;
# each wait is twice the one before, and after the last one the fault stays until the vehicle leaves.
# A lock-out that was there for a moment only clears by itself.
# `open_ms`: from the cause to the open command at the latest, allowed stalls not counted; 0: no opening.
FIELDS = (
    "name",
    "severity",
    "clears",
    "wait_ms",
    "retries",
    "open_ms",
    "ocpp16",
    "ocpp201",
    "tcec_stop_reason",
    "light",
    "sentence",
    "sentence_zh",
)

# fmt: off
TABLE = (
    ("pilot_short", TRIP, SELF, 3000, 0, 11, "GroundFailure", "ControlPilotShort", 3, "red_fast",
     "The control pilot is shorted to protective earth: check cable, inlet and CP wiring.",
     "控制导引对保护地短路：检查电缆、车辆插座和 CP 接线。"),
    # Above 90 % duty the low phase is met only now and then, see core/pilot.py
    ("pilot_diode", TRIP, SELF, 3000, 0, 520, "EVCommunicationError", "PilotDiodeFault", 3, "red_fast",
     "The negative half-wave is spoilt: no diode in the vehicle, or the pilot leaks.",
     "导引负半波异常：车辆侧无二极管或导引漏电。"),
    ("pilot_invalid", TRIP, SELF, 3000, 0, 11, "EVCommunicationError", "PilotLevelInvalid", 3, "red_fast",
     "The pilot level belongs to no state: check the divider and the cable.",
     "导引电压不属于任何状态：检查分压电阻和电缆。"),
    ("pilot_generator", TRIP, SELF, 3000, 0, 520, "InternalError", "PilotGeneratorFault", 3, "red_fast",
     "The pilot generator does not do what it is told: check the CP driver and its supply.",
     "导引发生器输出与指令不符：检查 CP 驱动及其电源。"),
    ("pilot_unstable", TRIP, UNPLUG, 0, 0, 11, "EVCommunicationError", "PilotUnstable", 3, "red_fast",
     "The pilot keeps breaking off for moments: check plug, inlet and CP wiring.",
     "控制导引频繁瞬断：检查插头、车辆插座和 CP 接线。"),
    ("contactor_welded", TRIP, LOCKOUT, 0, 0, 6, "PowerSwitchFailure", "ContactorWelded", 3, "red_on",
     "The contactor is closed though its coil is off: isolate, replace it, then unlock.",
     "线圈断电后接触器仍闭合：断电隔离、更换接触器后解锁。"),
    ("contactor_no_close", TRIP, UNPLUG, 0, 0, 250, "PowerSwitchFailure", "ContactorNoClose", 3, "red_slow",
     "The contactor did not close: check coil supply, dead-man and feedback wiring.",
     "接触器未吸合：检查线圈电源、失效保护电路和反馈接线。"),
    ("contactor_released", TRIP, SELF, 10000, 3, 6, "PowerSwitchFailure", "ContactorReleased", 3, "red_slow",
     "The contactor opened without a command: the dead-man released it or the coil lost power.",
     "接触器在无指令时断开：失效保护已释放或线圈失电。"),
    ("residual_current", TRIP, SELF, 60000, 3, 6, "GroundFailure", "ResidualCurrent", 3, "red_fast",
     "The residual-current monitor tripped: check the insulation of vehicle, cable and pile.",
     "剩余电流监测动作：检查车辆、电缆和充电桩的绝缘。"),
    ("residual_current_test", TRIP, MANUAL, 0, 0, 30, "GroundFailure", "ResidualCurrentTest", 3, "red_on",
     "The residual-current monitor failed its self-test: replace it, then reset.",
     "剩余电流监测自检失败：更换后复位。"),
    ("pe_lost", TRIP, SELF, 10000, 3, 6, "GroundFailure", "ProtectiveEarthLost", 3, "red_fast",
     "Protective earth is lost on the supply side: check the PE conductor and its monitor.",
     "电源侧保护接地丢失：检查 PE 导线及其监测。"),
    ("emergency_stop", TRIP, SELF, 5000, 0, 6, "OtherError", "EmergencyStop", 3, "red_on",
     "The emergency stop is pressed or its wire is broken.",
     "急停按下或其接线断开。"),
    ("over_current", TRIP, SELF, 60000, 3, 8000, "OverCurrentFailure", "OverCurrent", 3, "red_slow",
     "The vehicle draws more than it was offered: the charge waits and tries again.",
     "车辆电流超过允许值：充电暂停后重试。"),
    ("over_voltage", TRIP, SELF, 60000, 6, 4000, "OverVoltage", "OverVoltage", 3, "red_slow",
     "The supply voltage is too high: check the neutral conductor and the supply.",
     "电源电压过高：检查中性线和供电。"),
    ("under_voltage", STOP, SELF, 60000, 6, 13000, "UnderVoltage", "UnderVoltage", 3, "red_slow",
     "The supply voltage is too low, or a phase is missing.",
     "电源电压过低或缺相。"),
    ("frequency", STOP, SELF, 60000, 6, 13000, "OtherError", "FrequencyOutOfRange", 3, "red_slow",
     "The supply frequency is out of range.",
     "电源频率超出范围。"),
    ("mains_lost", TRIP, SELF, 10000, 6, 6, "OtherError", "MainsLost", 3, "red_slow",
     "The mains failed: the charge goes on when it has been back for a while.",
     "市电中断：恢复后充电继续。"),
    ("over_temperature", STOP, SELF, 60000, 6, 8000, "HighTemperature", "OverTemperature", 3, "red_slow",
     "The pile is too hot though it has reduced the current: check terminals and ventilation.",
     "已降低电流但温度仍过高：检查端子和通风。"),
    ("temperature_lost", WARN, SELF, 3000, 0, 0, "NoError", "TemperatureSensorLost", 3, "yellow",
     "The temperature sensor is open or shorted: only 6 A are offered.",
     "温度传感器开路或短路：仅提供 6 A。"),
    ("lock_jam", TRIP, UNPLUG, 0, 0, 40, "ConnectorLockFailure", "ConnectorLockFailure", 3, "red_slow",
     "The connector lock did not reach or hold its position: push the plug in fully, or free the bolt.",
     "枪锁未到位或未保持：请插紧插头或排除卡滞。"),
    ("tick_late", TRIP, SELF, 10000, 3, 11, "InternalError", "SafetyTickLate", 3, "red_slow",
     "The safety tick came too late while charging: something held the interpreter.",
     "充电中安全节拍迟到：解释器被占用。"),
    ("tick_failed", TRIP, SELF, 10000, 0, 6, "InternalError", "SafetyTickFailed", 3, "red_slow",
     "The safety tick ended by an error: the contactor was opened. See detail.",
     "安全节拍因错误中止：接触器已断开，见 detail。"),
    ("control_lost", TRIP, SELF, 10000, 3, 530, "InternalError", "ControlLoopLost", 3, "red_slow",
     "The control loop stopped renewing its permission: the contactor was opened.",
     "控制循环停止刷新许可：接触器已断开。"),
    ("safety_part_missing", TRIP, MANUAL, 0, 0, 30, "InternalError", "SafetyPartMissing", 3, "red_on",
     "The board has no part for a protection that it must have. See notes.",
     "主板缺少必需的保护部件，见 notes。"),
    ("meter_lost", STOP, SELF, 1000, 0, 11500, "PowerMeterFailure", "MeterLost", 3, "red_slow",
     "The meter does not answer: check RS-485 A/B, address and baud rate.",
     "电表无应答：检查 RS-485 A/B 线、地址和波特率。"),
    ("meter_implausible", STOP, UNPLUG, 0, 0, 13000, "PowerMeterFailure", "MeterImplausible", 3, "red_slow",
     "The meter register stepped back or jumped: it was replaced or is defective.",
     "电表底数倒退或突变：电表被更换或损坏。"),
    ("settings_invalid", WARN, MANUAL, 0, 0, 0, "NoError", "SettingsInvalid", 3, "yellow",
     "A setting was refused, or a file could not be written; the last good or default value is in force. See notes.",
     "有设置项被拒绝或文件无法写入，正在使用上次有效值或默认值，见 notes。"),
    ("clock_unknown", WARN, SELF, 0, 0, 0, "NoError", "ClockUnknown", 3, "",
     "The time is not known yet: remote commands wait, the journal carries the uptime.",
     "时间未知：远程指令暂不接受，日志使用运行时间。"),
    ("journal_full", WARN, SELF, 0, 0, 0, "NoError", "JournalFull", 3, "yellow",
     "The journal is full because the bridge has not committed for long: no new charge begins.",
     "日志已满，云桥长时间未确认：不再开始新的充电。"),
    ("task_failed", WARN, SELF, 60000, 0, 0, "InternalError", "TaskFailed", 3, "yellow",
     "A task ended by an error and was started again. See detail.",
     "某任务因错误终止并已重启，见 detail。"),
)
# fmt: on

NAMES = tuple(row[0] for row in TABLE)

(
    PILOT_SHORT,
    PILOT_DIODE,
    PILOT_INVALID,
    PILOT_GENERATOR,
    PILOT_UNSTABLE,
    CONTACTOR_WELDED,
    CONTACTOR_NO_CLOSE,
    CONTACTOR_RELEASED,
    RESIDUAL_CURRENT,
    RESIDUAL_CURRENT_TEST,
    PE_LOST,
    EMERGENCY_STOP,
    OVER_CURRENT,
    OVER_VOLTAGE,
    UNDER_VOLTAGE,
    FREQUENCY,
    MAINS_LOST,
    OVER_TEMPERATURE,
    TEMPERATURE_LOST,
    LOCK_JAM,
    TICK_LATE,
    TICK_FAILED,
    CONTROL_LOST,
    SAFETY_PART_MISSING,
    METER_LOST,
    METER_IMPLAUSIBLE,
    SETTINGS_INVALID,
    CLOCK_UNKNOWN,
    JOURNAL_FULL,
    TASK_FAILED,
) = (1 << index for index in range(len(TABLE)))


def mask(field, *values):
    """Bit set of the faults whose row has one of `values` in `field`."""
    position = FIELDS.index(field)
    bits = 0
    for index, fault in enumerate(TABLE):
        if fault[position] in values:
            bits |= 1 << index
    return bits


TRIPS = mask("severity", TRIP)
STOPS = mask("severity", STOP, TRIP)
WARNS = mask("severity", WARN)
RESETS = mask("clears", MANUAL, LOCKOUT)
UNPLUGS = mask("clears", UNPLUG)
LOCKOUTS = mask("clears", LOCKOUT)


def names(bits):
    """Names of the faults in a bit set, in table order."""
    return [name for index, name in enumerate(NAMES) if bits >> index & 1]


def row(name):
    """Row of a fault as a dict; KeyError for an unknown name."""
    if name not in NAMES:
        raise KeyError(name)
    return dict(zip(FIELDS, TABLE[NAMES.index(name)]))
