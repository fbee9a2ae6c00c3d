// Every word of the page that does not come from the platform, in both languages.

export const WORDS = {
  zh: {
    lang: "zh-CN",
    other: "English",
    otherLabel: "Switch to English",
    title: "充电桩测试台",
    subtitle: "这是测试台，不是真实的充电平台。不会真的扣款。",
    skip: "跳到所选充电桩",
    find: "找充电桩",
    none: "还没有找到充电桩。桥接服务上线后会自动出现。",
    panel: "所选充电桩与充电",
    choose: "请在地图或列表中选择一个充电桩。",
    mapLabel: "充电站位置示意图，共 {n} 个站点",
    power: "功率",
    energy: "电量",
    cost: "费用",
    time: "时长",
    seq: "充电单号",
    bill: "账单",
    elec: "电费",
    service: "服务费",
    sum: "合计",
    from: "开始",
    until: "结束",
    why: "停止原因",
    period: "时段",
    now: "当前价格",
    prices: "分时价格（元/度，即每 kWh）",
    perKwh: "元/度",
    noPrice: "暂无价格",
    start: "开始充电",
    starting: "正在请求…",
    stop: "停止充电",
    stopping: "正在停止…",
    done: "返回充电桩",
    footer: "PileLink 沙盒：用严格的 T/CEC 102 平台来检验充电桩与桥接服务。",
    log: "查看最近的 T/CEC 调用（JSON）",
    nowMark: "当前",
    rated: "额定 {kw} kW · {a} A",
    park: "车位 {no}",
    plugs: { 1: "家用插座", 2: "交流插座", 3: "交流枪（带线）", 4: "直流枪", 5: "无线", 6: "其他" },
    curve: "最近的功率曲线",
    lost: "与测试台服务器的连接断开，正在重连。显示的可能是旧数据。",
    later: "没有收到测试台服务器的回答，请再试一次。",
    costLater: "以账单为准",
    disputed: "平台不接受运营商的账单，正在等待更正：",
    hints: {
      idle: "请先把充电枪插到车上，再点开始。",
      occupied: "枪已插好，可以开始。",
      charging: "这个桩正在充电，请选择其他桩。",
      reserved: "这个桩已被预约，请选择其他桩。",
      fault: "这个桩发生故障，暂时不能使用。",
      offline: "这个桩离线，暂时不能使用。",
      unknown: "还不知道这个桩的状态，暂时不能使用。",
      mine: "请先结束当前的充电。",
    },
    phases: {
      starting: "等待充电桩和车辆…",
      charging: "充电中",
      stopping: "正在停止…",
      ended: "已结束，等待账单…",
      billed: "充电完成",
      failed: "没有开始充电",
    },
  },
  en: {
    lang: "en",
    other: "中文",
    otherLabel: "切换到中文",
    title: "Charging pile test bench",
    subtitle: "This is a test bench (测试台), not a real charging platform. No money moves.",
    skip: "Skip to the chosen pile",
    find: "Find a pile",
    none: "No pile found yet. They appear by themselves once the bridge is up.",
    panel: "Chosen pile and charge",
    choose: "Choose a pile on the map or in the list.",
    mapLabel: "Sketch of where the stations are, {n} in all",
    power: "Power",
    energy: "Energy",
    cost: "Cost",
    time: "Time",
    seq: "Charge number",
    bill: "Bill",
    elec: "Electricity",
    service: "Service",
    sum: "Total",
    from: "Started",
    until: "Ended",
    why: "Why it stopped",
    period: "Period",
    now: "Price now",
    prices: "Price by time of day, ¥ per kWh",
    perKwh: "per kWh",
    noPrice: "no price yet",
    start: "Start charging",
    starting: "Asking the pile…",
    stop: "Stop charging",
    stopping: "Stopping…",
    done: "Back to the piles",
    footer: "PileLink sandbox: a strict T/CEC 102 platform that tests piles and the bridge.",
    log: "The last T/CEC calls (JSON)",
    nowMark: "now",
    rated: "rated {kw} kW · {a} A",
    park: "bay {no}",
    plugs: { 1: "household socket", 2: "AC socket", 3: "AC cable", 4: "DC gun", 5: "wireless", 6: "other" },
    curve: "Power over the last minutes",
    lost: "The connection to the test bench is lost; trying again. What you see may be old.",
    later: "The test bench gave no answer. Please try again.",
    costLater: "see the bill",
    disputed: "The platform does not accept the operator's order and waits for a correction:",
    hints: {
      idle: "Plug in first, then press start.",
      occupied: "Plugged in and ready to start.",
      charging: "This pile is charging. Please choose another one.",
      reserved: "This pile is reserved. Please choose another one.",
      fault: "This pile is out of order and cannot be used now.",
      offline: "This pile is offline and cannot be used now.",
      unknown: "There is no news of this pile, so it cannot be used now.",
      mine: "Please end your running charge first.",
    },
    phases: {
      starting: "Waiting for pile and vehicle…",
      charging: "Charging",
      stopping: "Stopping…",
      ended: "Ended, waiting for the bill…",
      billed: "Charge complete",
      failed: "The charge did not start",
    },
  },
};

const KEY = "sandbox.language";

/** The language to begin with: the remembered one, else the browser's. */
export function firstLanguage() {
  const kept = recall(KEY);
  if (kept === "zh" || kept === "en") return kept;
  return (navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function rememberLanguage(language) {
  remember(KEY, language);
}

/** Text with `{name}` replaced; used with textContent only. */
export function fill(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** localStorage may be forbidden; the page works without it. */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch { /* private mode */ }
}

export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
