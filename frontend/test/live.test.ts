/** Live: who punches, as an admin sees it, and what is left of it after a rush. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { PunchRow, Today } from "../src/types";
import { Seen, Server, settled, type Answers } from "./server";

import "../src/pages/live";

const today: Today = {
  date: "2026-11-20",
  punches: 3,
  users: 2,
  hours: Array.from({ length: 24 }, () => 1),
  arrivals: Array.from({ length: 24 }, (_, hour) => hour),
  terminals: 2,
  online: 1,
  people: 5,
  statuses: { present: 2, late: 1 },
  on_site: 2,
  unmapped: 0,
};
const punch = (at: number, more: Partial<PunchRow> = {}): PunchRow => ({
  device: "A1",
  device_id: "d",
  device_name: "Gate",
  user_id: String(at),
  user_name: `User ${at}`,
  person_id: `p${at}`,
  person: `Person ${at}`,
  time: new Date(Date.UTC(2026, 10, 20, 8) + at * 100).toISOString(),
  direction: "check_in",
  method: "face",
  source: "realtime",
  picture: null,
  live: true,
  ...more,
});

let answers: Answers;
let server: Server;
const show = (): Promise<Seen> => Seen.show("sid-live", server);
const names = (seen: Seen): string[] => seen.all("li .who").map((one) => one.textContent!.trim());

beforeEach(() => {
  history.replaceState(null, "", "/syncid/live");
  answers = {
    "live/today": () => today,
    "rollcall": () => ({ call: "1", time: "2026-11-20T08:00:00Z", drill_started: null, count: 0, missing: 0, not_checked_out: 0, people: [], points: [], unknown: 0 }),
  };
  server = new Server(answers);
});
afterEach(() => {
  document.body.replaceChildren();
});

test("a punch is on top, with who, where and how, and is said aloud", async () => {
  const seen = await show();
  server.tell("live/subscribe", { reset: true, punches: [punch(1), punch(2)] });
  await settled();
  expect(names(seen)).toEqual(["Person 2", "Person 1"]);
  expect(seen.one("[aria-live]").textContent).toBe("");
  server.tell("live/subscribe", { reset: false, punches: [punch(3, { person: null, person_id: null, user_name: "Grace", direction: "check_out" })] });
  await settled();
  expect(names(seen)).toEqual(["Grace", "Person 2", "Person 1"]);
  expect(seen.one("[aria-live]").textContent).toBe("Grace, check_out, Gate".replace("check_out", "directions.check_out"));
  expect(seen.one("li").textContent).toMatch(/Gate[\s\S]*directions\.check_out/);
});

test("a photo of a punch that is long off the list is not said aloud", async () => {
  const seen = await show();
  server.tell("live/subscribe", { reset: true, punches: Array.from({ length: 600 }, (_, at) => punch(at)) });
  server.tell("live/subscribe", { reset: false, punches: [punch(600)] });
  await settled();
  const said = seen.one("[aria-live]").textContent;
  server.tell("live/subscribe", { reset: false, punches: [punch(3, { picture: "/photo" })] });
  await settled();
  expect(seen.one("[aria-live]").textContent).toBe(said);
  expect(seen.all("li.fresh")).toHaveLength(1);
});

test("paused, what comes waits, and is counted", async () => {
  const seen = await show();
  server.tell("live/subscribe", { reset: true, punches: [punch(1)] });
  await seen.press("live.pause");
  server.tell("live/subscribe", { reset: false, punches: [punch(2)] });
  await settled();
  expect(names(seen)).toEqual(["Person 1"]);
  await seen.press("live.resume_held 1");
  expect(names(seen)).toEqual(["Person 2", "Person 1"]);
});

test("numbers lead to the lists they are of", async () => {
  const seen = await show();
  const tiles = seen.all<HTMLAnchorElement>(".tile").map((one) => [one.textContent!.replace(/\s+/g, " ").trim(), one.getAttribute("href")]);
  expect(tiles).toContainEqual(["statuses.late1", "/syncid/attendance?only=late"]);
  expect(tiles).toContainEqual(["live.terminals_online1 / 2".replace("1 / 2", "live.of 1 2"), "/syncid/terminals?only=troubled"]);
});

test("before there is a terminal, that is what there is to do", async () => {
  answers["live/today"] = () => ({ ...today, terminals: 0, online: 0, people: 0 });
  const seen = await show();
  expect(seen.button("terminals.add").getAttribute("href")).toBe("/config/integrations/dashboard/add?domain=syncid");
});

test("the roll call has an address, and is left by going back", async () => {
  const seen = await show();
  await seen.press("live.on_site");
  expect(location.pathname).toBe("/syncid/live/rollcall");
  expect(seen.button("rollcall.drill")).toBeTruthy();
  await seen.press("common.close");
  expect(location.pathname).toBe("/syncid/live");
  expect(seen.all("sid-rollcall")).toEqual([]);
});

test("a rush of punches leaves no more than a page of them", async () => {
  const element = document.createElement("sid-live") as HTMLElement & { ctx: unknown; updateComplete: Promise<boolean> };
  element.ctx = await server.context();
  document.body.append(element);
  await vi.advanceTimersByTimeAsync(0);
  server.tell("live/subscribe", { reset: true, punches: [] });
  const heard = server.heard.get("syncid/live/subscribe")!;
  const sizes: number[][] = [];
  for (let at = 0; at < 400; at += 20) {
    for (let one = at; one < at + 20; one += 1) server.tell("live/subscribe", { reset: false, punches: [punch(one)] });
    server.changed.punches += 1;
    server.changed.marks += 1;
    element.ctx = await server.context();
    await vi.advanceTimersByTimeAsync(1000);
    const nodes = element.shadowRoot!.querySelectorAll("*").length;
    sizes.push([nodes, heard.size, vi.getTimerCount()]);
  }
  const { length } = sizes;
  const [early, late] = [sizes.slice(8, 14), sizes.slice(14)].map((part) => [0, 1, 2].map((at) => Math.max(...part.map((size) => size[at]!))));
  expect(element.shadowRoot!.querySelectorAll("li")).toHaveLength(100);
  expect(late).toEqual(early);
  expect(heard.size).toBe(1);
  // For the ticker and for what has changed once a second each, however often something is told.
  expect(server.asked("live/today").length).toBeLessThanOrEqual(2 * length);
  element.remove();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(heard.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  const asked = server.said.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.said).toHaveLength(asked);
});

test("the chart is given the same objects for the same numbers", async () => {
  const given: unknown[] = [];
  class Chart extends HTMLElement {
    set data(data: unknown) {
      given.push(data);
    }
  }
  customElements.define("ha-chart-base", Chart);
  const seen = await show();
  answers["live/today"] = () => ({ ...today, arrivals: [...today.arrivals], punches: 4 });
  for (let time = 0; time < 3; time += 1) {
    server.changed.marks += 1;
    seen.element.ctx = await server.context();
    await settled();
  }
  await settled(1100);
  expect(server.asked("live/today").length).toBeGreaterThan(1);
  expect(new Set(given).size).toBe(1);
  answers["live/today"] = () => ({ ...today, arrivals: today.arrivals.map((count) => count + 1) });
  server.changed.marks += 1;
  seen.element.ctx = await server.context();
  await settled(1100);
  expect(new Set(given).size).toBe(2);
});
