// The driver's page: find a pile, start, watch, stop, read the bill. All text goes in by textContent.

import { renderCharge } from "/charge.js";
import { drawMap } from "/map.js";
import { LIVE, at, chosen, fillRows, kw, put, say, setText, state, withDetail, words } from "/state.js";
import { WORDS, fill, recall, remember, rememberLanguage } from "/words.js";

const CHARGE_KEY = "sandbox.charge";
const STARTABLE = new Set(["idle", "occupied"]);
const MOST_SAMPLES = 240;
const cards = new Map();

const short = (price) => Number(price).toFixed(2);
const plugName = (pile) => [pile.equipment, pile.connector_name].filter(Boolean).join(" · ");

function render() {
  renderFrame();
  renderList();
  drawMap(at("map"), state.piles, state.selected,
    fill(words().mapLabel, { n: new Set(state.piles.map((pile) => pile.station_id)).size }), choose);
  renderPile();
  renderCharge();
}

function renderFrame() {
  document.documentElement.lang = words().lang;
  document.title = words().title;
  for (const node of document.querySelectorAll("[data-word]")) {
    const text = words()[node.dataset.word];
    if (node.textContent !== text) node.textContent = text;
  }
  put("language", words().other);
  at("language").lang = state.language === "zh" ? "en" : "zh-CN";
  at("language").setAttribute("aria-label", words().otherLabel);
  let trouble = "";
  if (!state.connected) trouble = words().lost;
  else if (state.bench?.trouble) trouble = withDetail(state.bench.trouble);
  at("trouble").hidden = !trouble;
  put("trouble", trouble);
  at("none").hidden = state.piles.length > 0;
}

function renderList() {
  const list = at("piles");
  const known = new Set(state.piles.map((pile) => pile.connector_id));
  for (const [id, card] of cards) {
    if (known.has(id)) continue;
    card.item.remove();
    cards.delete(id);
  }
  for (const pile of state.piles) {
    const card = cards.get(pile.connector_id) ?? makeCard(list, pile.connector_id);
    card.button.setAttribute("aria-pressed", String(pile.connector_id === state.selected));
    card.button.dataset.state = pile.state;
    card.dot.setAttribute("class", `dot state-${pile.state}`);
    setText(card.state, say(pile.state_text) + (pile.power_w ? ` · ${kw(pile.power_w)} kW` : ""));
    setText(card.station, pile.station);
    setText(card.name, plugName(pile));
    setText(card.address, pile.address);
    setText(card.price, pile.price_now ? `¥${short(pile.price_now.total)} ${words().perKwh}` : words().noPrice);
  }
}

function makeCard(list, connectorId) {
  const card = { item: document.createElement("li"), button: document.createElement("button") };
  card.button.type = "button";
  card.button.className = "pile";
  card.button.dataset.testid = "pile-card";
  card.button.dataset.connector = connectorId;
  card.button.addEventListener("click", () => choose(connectorId));
  for (const part of ["station", "price", "name", "status", "address"]) {
    const node = document.createElement("span");
    node.className = part;
    card.button.append(node);
    card[part] = node;
  }
  card.dot = document.createElement("span");
  card.dot.setAttribute("aria-hidden", "true");
  card.state = document.createElement("span");
  card.state.dataset.testid = "pile-card-state";
  card.status.append(card.dot, card.state);
  card.item.append(card.button);
  list.append(card.item);
  cards.set(connectorId, card);
  return card;
}

function renderPile() {
  const pile = chosen();
  const mine = state.charge && LIVE.has(state.charge.status);
  const shown = pile && !(state.charge && state.charge.connector_id === pile.connector_id);
  at("choose").hidden = Boolean(pile) || Boolean(state.charge);
  at("pile").hidden = !shown;
  if (!shown) return;
  at("pile-dot").className = `dot state-${pile.state}`;
  put("pile-state", say(pile.state_text));
  put("pile-station", pile.station);
  put("pile-place", [pile.address, pile.hours, pile.tel].filter(Boolean).join(" · "));
  put("pile-facts", [
    plugName(pile),
    words().plugs[pile.connector_type],
    fill(words().rated, { kw: pile.rated_kw, a: pile.rated_a }),
    pile.park_no && fill(words().park, { no: pile.park_no }),
  ].filter(Boolean).join(" · "));
  put("price-now", pile.price_now ? `¥${pile.price_now.total} ${words().perKwh}` : words().noPrice);
  fillRows(at("price-rows"), pile.prices.map((row) => {
    const now = row.start === pile.price_now?.start;
    return {
      className: now ? "current" : "",
      testid: "price-row",
      cells: [`${row.start}–${row.end}${now ? ` (${words().nowMark})` : ""}`, row.elec, row.service, row.total],
    };
  }));
  put("hint", mine ? words().hints.mine : words().hints[pile.state]);
  at("error").hidden = !state.error;
  put("error", state.error ? withDetail(state.error) : "");
  at("start").disabled = state.asking || Boolean(mine) || !STARTABLE.has(pile.state);
  put("start", state.asking ? words().starting : words().start);
}

function choose(connectorId) {
  state.selected = connectorId;
  state.error = null;
  if (state.charge && !LIVE.has(state.charge.status) && state.charge.status !== "ended") takeCharge(null);
  render();
  // On a phone the panel is below the list
  if (matchMedia("(max-width: 60rem)").matches) at("panel").scrollIntoView({ block: "start" });
}

function takeCharge(charge) {
  if (charge?.seq !== state.charge?.seq) {
    state.curve = [];
    state.stopError = null;
  }
  state.charge = charge;
  state.chargeAt = performance.now();
  if (charge && charge.status === "charging") state.curve = [...state.curve, charge.power_w].slice(-MOST_SAMPLES);
  remember(CHARGE_KEY, charge ? charge.seq : null);
}

// Errors come in the body with status 200: a browser prints any other in its console
async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  try {
    const response = await fetch(`${path}?errors=body`, options);
    return await response.json();
  } catch {
    return { error: { zh: WORDS.zh.later, en: WORDS.en.later, detail: "" } };
  }
}

async function start() {
  const pile = chosen();
  if (!pile || state.asking) return;
  state.asking = true;
  state.error = null;
  render();
  const answer = await ask("/api/charges", { connector_id: pile.connector_id });
  state.asking = false;
  if (answer.error) state.error = answer.error;
  else takeCharge(answer);
  render();
  if (!answer.error) at("panel").focus({ preventScroll: true });
}

async function stop() {
  if (!state.charge || state.stopping) return;
  const seq = state.charge.seq;
  state.stopping = true;
  state.stopAt = performance.now();
  state.stopError = null;
  render();
  const answer = await ask(`/api/charges/${encodeURIComponent(seq)}/stop`, {});
  state.stopping = false;
  if (state.charge?.seq === seq) {
    if (answer.error) state.stopError = answer.error;
    // The bill may have come by event while the answer was on its way
    else if (!state.charge.bill) takeCharge(answer);
  }
  render();
}

async function resume() {
  const seq = recall(CHARGE_KEY);
  if (!seq) return;
  const answer = await ask(`/api/charges/${encodeURIComponent(seq)}`);
  if (answer.error) {
    if (answer.error.code === "unknown_charge") remember(CHARGE_KEY, null);
    return;
  }
  state.selected ??= answer.connector_id;
  takeCharge(answer);
  render();
}

function listen() {
  const source = new EventSource("/api/events");
  const on = (name, take) => source.addEventListener(name, (event) => {
    take(JSON.parse(event.data));
    render();
  });
  on("bench", (bench) => { state.bench = bench; });
  on("piles", (piles) => {
    state.piles = piles;
    if (!state.selected && piles.length === 1) state.selected = piles[0].connector_id;
  });
  on("charge", (charge) => {
    if (charge.seq === state.charge?.seq) takeCharge(charge);
  });
  source.addEventListener("open", () => {
    state.connected = true;
    render();
    // What happened while the stream was down came by no event
    resume();
  });
  source.addEventListener("error", () => {
    state.connected = false;
    render();
    // The browser gives up by itself after some failures
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
}

at("start").addEventListener("click", start);
at("stop").addEventListener("click", stop);
at("done").addEventListener("click", () => {
  takeCharge(null);
  state.said = "";
  render();
});
at("language").addEventListener("click", () => {
  state.language = state.language === "zh" ? "en" : "zh";
  rememberLanguage(state.language);
  render();
});
setInterval(renderCharge, 1000);
render();
listen();
