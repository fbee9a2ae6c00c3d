// The words of the page in both languages.

export const TEXTS = {
  zh: {
    lang: "zh-CN", other: "English",
    title: "OCPP 测试中心系统", note: "严格检查的测试台，不是真实平台。充电站连接地址：",
    stations: "充电站", none: "还没有充电站连接。", complaints: "违反规则的记录", noComplaints: "没有",
    station: "充电站", connector: "枪号", token: "卡号", purpose: "用途", periods: "时段（秒:安培）",
    setProfile: "下发充电曲线", action: "消息", payload: "内容（JSON）", send: "发送", answer: "充电站的回答",
    curve: "充电曲线与实测电流", limit: "曲线允许", told: "充电站报告的合成曲线", measured: "实测电流",
    transactions: "充电记录", begin: "开始", end: "结束", reason: "原因", stop: "停止", running: "进行中",
    online: "在线", offline: "离线", lost: "与测试中心系统的连接断开，正在重试。", noCurve: "没有数据", waiting: "…",
    commands: {
      remote_start: "远程启动", unlock: "解锁", operative: "启用", inoperative: "停用", soft: "软复位",
      hard: "硬复位", reserve: "预约 15 分钟", cancel: "取消预约", list: "下发白名单", listVersion: "白名单版本",
      cache: "清缓存", clear: "清除曲线", schedule: "读合成曲线", configuration: "读配置", trigger: "触发状态上报",
    },
  },
  en: {
    lang: "en", other: "中文",
    title: "OCPP test central system", note: "A strict test bench, not a real network. Stations connect to",
    stations: "Stations", none: "No station has connected yet.", complaints: "Rules broken", noComplaints: "none",
    station: "Station", connector: "Connector", token: "Token", purpose: "Purpose", periods: "Periods (s:A)",
    setProfile: "Set profile", action: "Action", payload: "Payload (JSON)", send: "Send", answer: "Answer of the station",
    curve: "Profiles and measured current", limit: "profiles allow", told: "composite told by the station", measured: "measured",
    transactions: "Transactions", begin: "Begin", end: "End", reason: "Reason", stop: "Stop", running: "running",
    online: "online", offline: "offline", lost: "The central system cannot be reached; trying again.", noCurve: "no data", waiting: "…",
    commands: {
      remote_start: "Remote start", unlock: "Unlock", operative: "Operative", inoperative: "Inoperative", soft: "Soft reset",
      hard: "Hard reset", reserve: "Reserve 15 min", cancel: "Cancel reservation", list: "Send local list", listVersion: "List version",
      cache: "Clear cache", clear: "Clear profiles", schedule: "Composite schedule", configuration: "Get configuration", trigger: "Trigger status",
    },
  },
};
