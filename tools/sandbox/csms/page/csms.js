// The operator's page: stations, their transactions, commands with the answer, and the curve. Text goes in by textContent.

import { drawChart } from "/chart.js";
import { TEXTS } from "/texts.js";

const KEY = "csms.language";
const EVERY_MS = 1000;
const at = (id) => document.getElementById(id);
const state = { language: firstLanguage(), chosen: null, last: null, connected: true };
const words = () => TEXTS[state.language];
const time = (utc) => (utc === null ? words().running : new Date(utc * 1000).toLocaleTimeString(words().lang));

function firstLanguage() {
  let kept = null;
  try { kept = localStorage.getItem(KEY); } catch { /* forbidden: goes without */ }
  if (kept in TEXTS) return kept;
  return (navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en";
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function make(parent, name, text = "", attributes = {}) {
  const node = document.createElement(name);
  node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.append(node);
  return node;
}

// Button: [word, command, arguments made when it is pressed]
const connector = () => Number(at("connector").value);
const BUTTONS = [
  ["remote_start", "remote_start", () => ({ token: at("token").value, connector: connector() || null })],
  ["unlock", "unlock", () => ({ connector: connector() || 1 })],
  ["operative", "availability", () => ({ operative: true, connector: connector() })],
  ["inoperative", "availability", () => ({ operative: false, connector: connector() })],
  ["soft", "reset", () => ({ hard: false })],
  ["hard", "reset", () => ({ hard: true })],
  ["reserve", "reserve", () => ({
    reservation: 1, token: at("token").value, connector: connector(),
    until: new Date(Date.now() + 900_000).toISOString(),
  })],
  ["cancel", "cancel_reservation", () => ({ reservation: 1 })],
  ["list", "send_list", () => ({
    version: Math.floor(Date.now() / 1000), entries: [{ token: at("token").value, status: "Accepted" }],
  })],
  ["listVersion", "list_version", () => ({})],
  ["cache", "clear_cache", () => ({})],
  ["clear", "clear_profiles", () => ({})],
  ["schedule", "composite_schedule", () => ({ connector: connector(), duration_s: 3600 })],
  ["configuration", "get_configuration", () => ({
    keys: version() === "ocpp1.6" ? [] : ["OCPPCommCtrlr.HeartbeatInterval", "TxCtrlr.EVConnectionTimeOut"],
  })],
  ["trigger", "trigger", () => ({ message: "StatusNotification", connector: connector() || null })],
];
const version = () => state.last?.stations.find((row) => row.identity === state.chosen)?.version;

function makeButtons() {
  for (const [word, command, values] of BUTTONS) {
    const button = make(at("buttons"), "button", "", { type: "button", "data-testid": `do-${word}` });
    button.dataset.command = word;
    button.addEventListener("click", () => order(command, values()));
  }
}

async function order(command, values, station = state.chosen) {
  if (!station) return;
  put(at("answer"), words().waiting);
  let answer;
  try {
    const response = await fetch("/api/command", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ station, command, arguments: values }),
    });
    answer = await response.json();
  } catch {
    answer = { error: { code: "NoAnswer", text: words().lost } };
  }
  put(at("answer"), JSON.stringify(answer.error ?? answer.answer, null, 1));
  at("answer").classList.toggle("bad", Boolean(answer.error));
  refresh();
}

function renderWords() {
  document.documentElement.lang = words().lang;
  document.title = words().title;
  for (const node of document.querySelectorAll("[data-word]")) put(node, words()[node.dataset.word]);
  for (const node of document.querySelectorAll("[data-command]")) put(node, words().commands[node.dataset.command]);
  put(at("language"), words().other);
  at("trouble").hidden = state.connected;
  put(at("trouble"), words().lost);
}

function renderStations() {
  const list = at("stations");
  const rows = state.last.stations;
  at("none").hidden = rows.length > 0;
  if (!state.chosen && rows.length) state.chosen = rows[0].identity;
  const shown = JSON.stringify([rows.map((row) => [row.identity, row.version, row.connected, row.connectors]), state.chosen, state.language]);
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  list.replaceChildren();
  for (const row of rows) {
    const button = make(make(list, "li"), "button", "", {
      type: "button", "data-testid": "station", "aria-pressed": String(row.identity === state.chosen),
    });
    make(button, "strong", row.identity);
    make(button, "span", `${row.version} · ${row.connected ? words().online : words().offline}`, { class: row.connected ? "good" : "bad" });
    const connectors = Object.entries(row.connectors).map(([number, told]) => `${number} ${told.status}`);
    make(button, "span", connectors.join(" · "), { class: "soft", "data-testid": "statuses" });
    button.addEventListener("click", () => {
      state.chosen = row.identity;
      render();
      refresh();
    });
  }
}

function renderTransactions() {
  const body = at("transactions");
  const shown = JSON.stringify([state.last.transactions, state.language]);
  if (body.dataset.shown === shown) return;
  body.dataset.shown = shown;
  body.replaceChildren();
  for (const row of state.last.transactions) {
    const line = make(body, "tr", "", { "data-testid": "transaction" });
    const amps = row.last[0]?.amps;
    for (const text of [row.station, row.id, row.connector, row.token, time(row.start_utc), time(row.end_utc),
      row.used_wh ?? "", row.end_utc === null ? amps ?? "" : "", row.reason]) make(line, "td", String(text));
    const cell = make(line, "td");
    if (row.end_utc === null) {
      const stop = make(cell, "button", words().stop, { type: "button", "data-testid": "stop" });
      stop.addEventListener("click", () => order("remote_stop", { transaction: row.id }, row.station));
    }
  }
}

function renderComplaints() {
  const list = at("complaints");
  list.replaceChildren();
  const rows = state.last.complaints;
  if (!rows.length) make(list, "li", words().noComplaints);
  for (const row of rows) make(list, "li", `${row.station}: ${row.rule}: ${row.text}`, { class: "bad" });
}

function render() {
  renderWords();
  if (!state.last) return;
  put(at("url"), `${state.last.url}/…`);
  renderStations();
  at("panel").hidden = !state.chosen;
  put(at("identity"), state.chosen ?? "");
  renderTransactions();
  renderComplaints();
}

async function refresh() {
  try {
    state.last = await (await fetch("/api/state")).json();
    state.connected = true;
    render();
    if (state.chosen) {
      const query = new URLSearchParams({ station: state.chosen, connector: String(connector()) });
      drawChart(at("chart"), await (await fetch(`/api/curve?${query}`)).json(), words());
    }
  } catch {
    state.connected = false;
    render();
  }
}

async function loop() {
  await refresh();
  setTimeout(loop, EVERY_MS);
}

at("language").addEventListener("click", () => {
  state.language = state.language === "zh" ? "en" : "zh";
  try { localStorage.setItem(KEY, state.language); } catch { /* forbidden: goes without */ }
  render();
});
at("profile").addEventListener("submit", (event) => {
  event.preventDefault();
  const purpose = at("purpose").value;
  const running = state.last.transactions.find((row) => row.station === state.chosen && row.end_utc === null);
  const periods = at("periods").value.split(",").map((part) => part.split(":").map(Number));
  const profile = { id: { max: 1, default: 2, tx: 3 }[purpose], connector: purpose === "max" ? 0 : connector(), purpose, periods };
  // Relative ones need a transaction; the others begin now
  if (purpose === "tx") profile.transaction = running?.id ?? "0";
  else profile.start_utc = Math.floor(state.last.utc);
  order("set_profile", { profile });
});
at("raw").addEventListener("submit", (event) => {
  event.preventDefault();
  try {
    order("call", { action: at("action").value, payload: JSON.parse(at("payload").value) });
  } catch (error) {
    put(at("answer"), String(error));
  }
});
makeButtons();
render();
loop();
