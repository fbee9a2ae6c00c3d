// Limits as steps and the measured current as a line, over time, in one SVG.

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 640, HEIGHT = 240, LEFT = 36, BOTTOM = 22, TOP = 8;
const VOLTS = 230;

function add(parent, name, attributes, text = "") {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  parent.append(node);
  return node;
}

/** Steps [[time, amperes or null]] as a path; it is broken where there is no limit. */
function stepPath(steps, until, x, y) {
  let path = "";
  steps.forEach(([time, amps], index) => {
    if (amps === null) return;
    const before = steps[index - 1];
    const end = index + 1 < steps.length ? steps[index + 1][0] : until;
    path += before && before[1] !== null ? `L${x(time)},${y(amps)}` : `M${x(time)},${y(amps)}`;
    path += `L${x(end)},${y(amps)}`;
  });
  return path;
}

/** What the station told as its composite schedule, as steps inside the drawing. */
function toldSteps(told, from, until) {
  if (!told || told.start_utc === null) return [];
  const end = Math.min(told.duration_s ? told.start_utc + told.duration_s : until, until);
  const steps = told.periods
    .map(([start, limit]) => [told.start_utc + start, told.unit === "W" ? limit / (3 * VOLTS) : limit])
    .filter(([time]) => time < end)
    .map(([time, limit]) => [Math.max(time, from), limit]);
  return steps.length ? [...steps, [end, null]] : [];
}

/** Draw the answer of /api/curve; `words` has the text for an empty drawing. */
export function drawChart(svg, curve, words) {
  svg.replaceChildren();
  svg.setAttribute("aria-label", words.curve);
  const told = toldSteps(curve.told, curve.from, curve.until);
  const shown = [...curve.limit, ...told, ...curve.measured].map(([, amps]) => amps ?? 0);
  const most = Math.max(8, ...shown) * 1.1;
  const x = (time) => (LEFT + ((time - curve.from) / (curve.until - curve.from)) * (WIDTH - LEFT)).toFixed(1);
  const y = (amps) => (HEIGHT - BOTTOM - (amps / most) * (HEIGHT - BOTTOM - TOP)).toFixed(1);
  for (let amps = 0; amps <= most; amps += most > 40 ? 16 : 8) {
    add(svg, "line", { class: "grid", x1: LEFT, x2: WIDTH, y1: y(amps), y2: y(amps) });
    add(svg, "text", { x: LEFT - 6, y: Number(y(amps)) + 4, "text-anchor": "end" }, `${amps} A`);
  }
  for (let part = 0; part < 5; part += 1) {
    const time = curve.from + ((curve.until - curve.from) * part) / 5;
    add(svg, "text", { x: x(time), y: HEIGHT - 6 }, new Date(time * 1000).toTimeString().slice(0, 5));
  }
  add(svg, "line", { class: "now", x1: x(curve.now), x2: x(curve.now), y1: TOP, y2: HEIGHT - BOTTOM });
  const limit = stepPath(curve.limit, curve.until, x, y);
  if (limit) add(svg, "path", { class: "limit", d: limit, "data-testid": "limit-line" });
  const composite = stepPath(told, curve.until, x, y);
  if (composite) add(svg, "path", { class: "told", d: composite, "data-testid": "told-line" });
  if (curve.measured.length) {
    const points = curve.measured.map(([time, amps]) => `${x(time)},${y(amps)}`).join(" ");
    add(svg, "polyline", { class: "measured", points, "data-testid": "measured-line" });
  }
  if (!limit && !composite && !curve.measured.length) {
    add(svg, "text", { x: WIDTH / 2, y: HEIGHT / 2, "text-anchor": "middle" }, words.noCurve);
  }
}
