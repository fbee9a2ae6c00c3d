// A sketch of the stations from their coordinates: no tiles, nothing from the network.

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 640;
const HEIGHT = 300;
const EDGE = 56;
// About 1 km: one lone station does not fill the whole map
const LEAST_SPAN = 0.01;
const METRES_PER_DEGREE = 111320;
// A station shows the state that helps a driver most
const ORDER = ["occupied", "idle", "charging", "reserved", "unknown", "offline", "fault"];

/** Draw `piles` into `box`; `choose(connectorId)` is called for a pin. */
export function drawMap(box, piles, selected, label, choose) {
  const sites = stationsOf(piles);
  box.hidden = sites.length === 0;
  if (!sites.length) return;
  const project = projection(sites);
  const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": label });
  svg.append(ground(), scaleBar(project.metresPerUnit));
  const held = document.activeElement?.closest?.("#map g[role=button]")?.dataset.station;
  for (const site of sites) {
    const pin = drawPin(site, project(site), selected);
    const pick = () => choose(site.piles[0].connector_id);
    pin.addEventListener("click", pick);
    pin.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      pick();
    });
    svg.append(pin);
  }
  box.replaceChildren(svg);
  if (held) [...svg.querySelectorAll("g[role=button]")].find((g) => g.dataset.station === held)?.focus();
}

function stationsOf(piles) {
  const sites = new Map();
  for (const pile of piles) {
    const site = sites.get(pile.station_id)
      ?? { id: pile.station_id, name: pile.station, lng: pile.lng, lat: pile.lat, piles: [] };
    site.piles.push(pile);
    sites.set(pile.station_id, site);
  }
  for (const site of sites.values()) {
    site.piles.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  }
  return [...sites.values()];
}

function projection(sites) {
  const lngs = sites.map((site) => site.lng);
  const lats = sites.map((site) => site.lat);
  const lng = (Math.min(...lngs) + Math.max(...lngs)) / 2;
  const lat = (Math.min(...lats) + Math.max(...lats)) / 2;
  const shrink = Math.max(0.05, Math.cos((lat * Math.PI) / 180));
  const wide = Math.max((Math.max(...lngs) - Math.min(...lngs)) * shrink, LEAST_SPAN);
  const high = Math.max(Math.max(...lats) - Math.min(...lats), LEAST_SPAN / 2);
  const scale = Math.min((WIDTH - 2 * EDGE) / wide, (HEIGHT - 2 * EDGE) / high);
  const project = (site) => ({
    x: WIDTH / 2 + (site.lng - lng) * shrink * scale,
    y: HEIGHT / 2 - (site.lat - lat) * scale,
  });
  project.metresPerUnit = METRES_PER_DEGREE / scale;
  return project;
}

function ground() {
  const group = make("g", { class: "ground", "aria-hidden": "true" });
  for (let x = 40; x < WIDTH; x += 80) group.append(make("path", { d: `M${x} 0V${HEIGHT}` }));
  for (let y = 30; y < HEIGHT; y += 60) group.append(make("path", { d: `M0 ${y}H${WIDTH}` }));
  return group;
}

function scaleBar(metresPerUnit) {
  const group = make("g", { class: "scale", "aria-hidden": "true" });
  const most = metresPerUnit * 130;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = power * (most / power >= 5 ? 5 : most / power >= 2 ? 2 : 1);
  const length = metres / metresPerUnit;
  group.append(make("path", { d: `M16 ${HEIGHT - 22}v6h${length}v-6` }));
  const text = make("text", { x: 16 + length / 2, y: HEIGHT - 24, "text-anchor": "middle" });
  text.textContent = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  group.append(text);
  group.append(make("path", { class: "north", d: `M${WIDTH - 22} 14l7 18-7-4-7 4z` }));
  return group;
}

function drawPin(site, at, selected) {
  const chosen = site.piles.some((pile) => pile.connector_id === selected);
  const pin = make("g", {
    class: `pin state-${site.piles[0].state}${chosen ? " chosen" : ""}`,
    transform: `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`,
    tabindex: "0",
    role: "button",
    "aria-pressed": String(chosen),
    "aria-label": site.name,
    "data-station": site.id,
    "data-testid": "map-pin",
  });
  pin.append(make("circle", { class: "halo", r: 26, cy: -18 }));
  pin.append(make("path", { class: "drop", d: "M0 0C-4-9-15-14-15-26a15 15 0 1 1 30 0C15-14 4-9 0 0z" }));
  pin.append(make("path", { class: "bolt", d: "M2-37-7-24h6l-2 9 10-13h-6z" }));
  const text = make("text", { y: 18, "text-anchor": anchor(at.x) });
  text.textContent = site.name;
  pin.append(text);
  return pin;
}

function anchor(x) {
  if (x < WIDTH / 4) return "start";
  return x > (WIDTH * 3) / 4 ? "end" : "middle";
}

function make(name, attributes) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
