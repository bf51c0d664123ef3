import { render } from "lit";
import { beforeEach, expect, test, vi } from "vitest";

import type { Context } from "../src/context";
import { searchField } from "../src/ui/search";
import { settled } from "./server";

const asked: string[] = [];
let input: HTMLInputElement;

beforeEach(() => {
  asked.length = 0;
  const page = document.createElement("div");
  document.body.replaceChildren(page);
  history.replaceState(null, "", "/syncid/people");
  render(
    searchField({ t: (key: string) => key } as Context, "", (text) => void asked.push(text)),
    page,
  );
  input = page.querySelector("input")!;
});

function type(text: string): void {
  input.value = text;
  input.dispatchEvent(new Event("input"));
}

function press(key: string, more: KeyboardEventInit = {}): boolean {
  return input.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true, ...more }));
}

test("what is typed is asked once, when the fingers rest", async () => {
  type("a");
  await settled(100);
  type("am");
  await settled(100);
  expect(asked).toEqual([]);
  await settled(50);
  expect(asked).toEqual(["am"]);
});

test("an empty field asks at once, and what was typed before is not asked any more", async () => {
  type("am");
  type("");
  expect(asked).toEqual([""]);
  await settled(1000);
  expect(asked).toEqual([""]);
});

test("Enter asks at once, and does not save the form around", async () => {
  type("am");
  expect(press("Enter")).toBe(false);
  expect(asked).toEqual(["am"]);
  await settled(1000);
  expect(asked).toEqual(["am"]);
});

test("Enter that ends a word of another script asks nothing yet, and other keys do what they do", () => {
  type("am");
  expect(press("Enter", { isComposing: true })).toBe(true);
  expect(press("Escape")).toBe(true);
  expect(asked).toEqual([]);
});

test("who has gone on meanwhile is not brought back", async () => {
  type("am");
  history.replaceState(null, "", "/syncid/live");
  await settled(1000);
  type("ama");
  input.remove();
  await settled(1000);
  expect(asked).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
