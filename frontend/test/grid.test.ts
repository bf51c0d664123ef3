import { afterEach, beforeEach, expect, test } from "vitest";

import { stopAt, walk } from "../src/ui/grid";

// Two people and three days; of the second day the first person has no mark.
const MONTH = [
  ["a1", "", "a3"],
  ["b1", "b2", "b3"],
];
let table: HTMLTableElement;

beforeEach(() => {
  document.body.innerHTML = `<table>${MONTH.map(
    (row) => `<tr><th></th>${row.map((id) => `<td>${id && `<button id=${id} tabindex=-1></button>`}</td>`).join("")}</tr>`,
  ).join("")}</table>`;
  table = document.querySelector("table")!;
  stopAt(table);
  table.addEventListener("focusin", ({ target }) => stopAt(table, target as HTMLElement));
});
afterEach(() => document.body.replaceChildren());

const stops = (): string[] => [...table.querySelectorAll<HTMLButtonElement>("button")].filter((one) => one.tabIndex === 0).map((one) => one.id);

function press(from: string, key: string, more: KeyboardEventInit = {}, rtl = false): [string | undefined, boolean] {
  document.getElementById(from)!.focus();
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  table.addEventListener("keydown", (heard) => walk(heard, rtl), { once: true });
  document.activeElement!.dispatchEvent(event);
  return [document.activeElement?.id, event.defaultPrevented];
}

test("the tab key stops once", () => {
  expect(stops()).toEqual(["a1"]);
  document.getElementById("b2")!.focus();
  expect(stops()).toEqual(["b2"]);
  // It was drawn anew, of people of whom there is no such day.
  document.getElementById("b2")!.remove();
  stopAt(table);
  expect(stops()).toEqual(["a1"]);
});

test.each([
  ["a1", "ArrowRight", "a3"],
  ["a3", "ArrowLeft", "a1"],
  ["a1", "ArrowLeft", "a1"],
  ["a1", "ArrowDown", "b1"],
  ["b3", "ArrowUp", "a3"],
  ["b2", "ArrowUp", "b2"],
  ["b2", "Home", "b1"],
  ["b2", "End", "b3"],
])("from %s, %s leads to %s", (from, key, to) => {
  expect(press(from, key)).toEqual([to, true]);
  expect(stops()).toEqual([to]);
});

test("from right to left, the next day is on the left", () => {
  expect(press("b1", "ArrowLeft", {}, true)).toEqual(["b2", true]);
  expect(press("b2", "ArrowRight", {}, true)).toEqual(["b1", true]);
  expect(press("b2", "Home", {}, true)).toEqual(["b1", true]);
});

test("with Ctrl, the first and the last of all", () => {
  expect(press("b2", "Home", { ctrlKey: true })).toEqual(["a1", true]);
  expect(press("a1", "End", { ctrlKey: true })).toEqual(["b3", true]);
});

test("other keys, and those of the browser, are left alone", () => {
  expect(press("a1", "Enter")).toEqual(["a1", false]);
  expect(press("b2", "ArrowLeft", { altKey: true })).toEqual(["b2", false]);
});
