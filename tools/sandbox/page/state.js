// What the page knows, and the small helpers that put it into the document as text.

import { WORDS, firstLanguage } from "/words.js";

export const LIVE = new Set(["starting", "charging", "stopping"]);
export const at = (id) => document.getElementById(id);

export const state = {
  language: firstLanguage(),
  piles: [],
  bench: null,
  connected: true,
  selected: null,
  charge: null,
  chargeAt: 0,
  curve: [],
  asking: false,
  stopping: false,
  stopAt: -Infinity,
  error: null,
  stopError: null,
  said: "",
};

export const words = () => WORDS[state.language];
export const say = (pair) => pair[state.language];
export const chosen = () => state.piles.find((pile) => pile.connector_id === state.selected);

/** Set the text of an element by id, only when it differs: screen readers hear changes. */
export function put(id, text) {
  const node = at(id);
  if (node.textContent !== text) node.textContent = text;
}

/** Rebuild table rows when they differ; a row is {className, testid, cells}. */
export function fillRows(body, rows) {
  const key = JSON.stringify(rows);
  if (body.dataset.key === key) return;
  body.dataset.key = key;
  body.replaceChildren(...rows.map((row) => {
    const line = document.createElement("tr");
    line.className = row.className;
    line.dataset.testid = row.testid;
    row.cells.forEach((text, index) => {
      const cell = document.createElement(index ? "td" : "th");
      if (!index) cell.scope = "row";
      cell.textContent = text;
      line.append(cell);
    });
    return line;
  }));
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export const kw = (watts) => (watts / 1000).toFixed(2);
export const withDetail = (refusal) => say(refusal) + (refusal.detail ? ` (${refusal.detail})` : "");
