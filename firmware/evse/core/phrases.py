"""Words of the console, in the order in which they are shown, and what it says to an order."""

# One text instead of a tuple: a file on the pile takes half of it so
NAMES = (
    "station firmware board profile up_s utc_s boot life python heap_free id role task "
    "name status state cp closed commanded operations phases late_us model number wh w mv "
    "ma chz age_ms frame bad_frames last_error high_mv low_mv duty_permille drive "
    "offered_a10 holder limit_a10 limit_by a10 left_s severity active faults tx key "
    "sentence reading expected ok link broker security_problem bearer up rssi_dbm address "
    "first next acked waiting capacity wear records missing temperature_c10 reader "
    "test_passed problem damage cleared note what value"
).split()
# The same in Chinese
NAMES_ZH = (
    "桩编号 固件版本 电路板 导引标准 运行时间 时间 启动次数 日志代号 解释器 空闲内存 接口 "
    "用途 部分 名称 状态 状态 导引状态 接触器闭合 线圈命令 动作次数 相数 最大延迟 "
    "电表类型 表号 电表读数 功率 电压 电流 频率 读数时龄 报文 错误报文 最近错误 正半波 "
    "负半波 占空比 输出 允许电流 限流来源 限流 限流来源 电流 剩余时间 级别 动作中 故障 "
    "订单 原因 说明 读数 要求 合格 平台连接 服务器 安全问题 网络 已连接 信号强度 地址 "
    "最早记录 下一记录 已确认 待确认 容量 擦写次数 记录 缺少部件 温度 读卡器 剩余电流自检 "
    "问题 损坏 已清除 提示 内容 值"
).split()

# What the console says to an order; %s is filled in
SAID = {
    "unknown": ("unknown command %s: type help", "未知命令 %s：请输入 help"),
    "usage": ("usage: %s", "用法：%s"),
    "no_connector": ("connector %s: this pile has 1..%d", "接口 %s：本桩只有 1..%d"),
    "login": (
        "login CODE first: this changes the pile",
        "请先输入 login 服务码：此命令会更改本桩",
    ),
    "wait": ("wait %d s before the next service code", "请等待 %d 秒再输入服务码"),
    "wrong_code": (
        "wrong service code; the next one is heard in %d s",
        "服务码错误，%d 秒后可再试",
    ),
    "welcome": ("service code accepted", "服务码正确"),
    "no_code": (
        "this pile has no service code: everything is allowed",
        "本桩未设服务码，全部命令可用",
    ),
    "unknown_setting": (
        "%s: unknown setting, `settings` lists them",
        "%s：没有此设置，settings 可列出全部",
    ),
    "restart": ("stored; takes effect with `restart`", "已保存，restart 后生效"),
    "energised": (
        "not while the contactor is closed: stop the charge first",
        "接触器闭合时不可：请先停止充电",
    ),
    "done": ("done", "完成"),
    "restarting": ("restarting", "正在重启"),
    "nothing": ("nothing to clear, or its cause is still there", "没有可清除的故障，或原因仍在"),
    "maint": ("opening; the REPL follows", "正在断开，随后进入 REPL"),
    "refused": ("refused: %s", "拒绝：%s"),
}
