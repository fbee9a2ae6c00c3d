// The card of a charge: live figures, then the bill.

import { LIVE, at, fillRows, kw, put, say, state, withDetail, words } from "/state.js";

const STOP_AGAIN_MS = 20000;

export function renderCharge() {
  const charge = state.charge;
  at("charge").hidden = !charge;
  if (!charge) return;
  const live = LIVE.has(charge.status);
  const phase = words().phases[charge.status];
  at("charge").dataset.status = charge.status;
  at("phase-dot").className = `dot phase-${charge.status}`;
  put("phase", phase);
  put("charge-place", charge.station);
  const note = chargeNote(charge);
  at("charge-note").hidden = !note;
  put("charge-note", note);
  at("figures").hidden = charge.status === "billed" || charge.status === "failed";
  put("power", kw(charge.power_w));
  put("energy", charge.energy_kwh);
  put("cost", charge.cost_yuan ?? words().costLater);
  renderClock();
  put("seq", charge.seq);
  at("stop").hidden = !live;
  // A stop without any news may be asked for again
  const waiting = charge.status === "stopping" && performance.now() - state.stopAt < STOP_AGAIN_MS;
  at("stop").disabled = state.stopping || waiting;
  put("stop", at("stop").disabled ? words().stopping : words().stop);
  at("done").hidden = live || charge.status === "ended";
  renderCurve(live);
  renderBill(charge.bill);
  const spoken = [phase, note].filter(Boolean).join(" ");
  if (spoken !== state.said) {
    state.said = spoken;
    put("say", spoken);
  }
}

function chargeNote(charge) {
  if (state.stopError) return withDetail(state.stopError);
  if (charge.status === "failed") return withDetail(charge.failure);
  if (charge.notice) return withDetail(charge.notice);
  if (charge.disputes.length) return `${words().disputed} ${charge.disputes.join("; ")}`;
  return "";
}

function renderClock() {
  const charge = state.charge;
  if (!charge) return;
  const since = LIVE.has(charge.status) ? (performance.now() - state.chargeAt) / 1000 : 0;
  const total = Math.floor(charge.elapsed_s + since);
  const parts = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  put("elapsed", parts.map((part) => String(part).padStart(2, "0")).join(":"));
}

function renderCurve(live) {
  const svg = at("curve");
  const most = Math.max(...state.curve, 0);
  const shown = live && state.curve.length >= 3 && most > 0;
  // An SVG element has no `hidden` property
  svg.toggleAttribute("hidden", !shown);
  if (!shown) return;
  svg.setAttribute("aria-label", words().curve);
  const step = 300 / (state.curve.length - 1);
  const points = state.curve.map((w, i) => `${(i * step).toFixed(1)},${(56 - (w / most) * 50).toFixed(1)}`);
  svg.firstElementChild.setAttribute("points", points.join(" "));
}

function renderBill(bill) {
  at("bill").hidden = !bill;
  if (!bill) return;
  put("bill-total", bill.total_yuan);
  put("bill-energy", bill.energy_kwh);
  put("bill-elec", bill.elec_yuan);
  put("bill-service", bill.service_yuan);
  put("bill-start", bill.start);
  put("bill-end", bill.end);
  put("bill-why", say(bill.stop_text));
  fillRows(at("bill-lines"), bill.lines.map((line) => ({
    className: "",
    testid: "bill-line",
    cells: [
      `${line.start.slice(11)}–${line.end.slice(11)}`,
      line.energy_kwh,
      `${line.elec_yuan} (${line.elec_price})`,
      `${line.service_yuan} (${line.service_price})`,
      line.total_yuan,
    ],
  })));
}
