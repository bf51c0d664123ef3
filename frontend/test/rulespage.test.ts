/** Rules: tried, saved, taken back, and not lost. */

import { afterEach, beforeEach, expect, test } from "vitest";

import type { ShiftRow } from "../src/types";
import { Seen, Server, settled, type Answers } from "./server";

import "../src/pages/rules";
import { weekdayOf } from "../src/ui/shift";

let usual: Partial<ShiftRow>;
let chosen: boolean;
let answers: Answers;
let server: Server;

beforeEach(() => {
  sessionStorage.clear();
  history.replaceState(null, "", "/syncid/rules");
  usual = { start: "08:00:00", end: "16:30:00", in_window: null, out_window: null, grace_minutes: 5, workdays: ["mon", "tue"], breaks: [], required_hours: null, half_day_hours: null, absent_hours: null, overtime: "none", missing_out: "none", paid_break_times: [], round_total: "none", groups: [], people: [], terminals: [] };
  chosen = true;
  answers = {
    "rules/get": () => ({ usual, workdays_chosen: chosen, shifts: [], holidays: [{ date: "2026-12-25", name: "Holiday" }], leave: [], rota: [], time_zone: null, zone: "UTC", entry_id: null }),
    "rules/preview": () => ({ date: "2026-11-19", before: { late: 3 }, after: { present: 3 }, differs: [{ person: "Amina", before: "late", after: "present" }] }),
    "rules/save": ({ type: _, start_time, ...said }) => {
      chosen ||= "workdays" in said;
      usual = { ...usual, ...said, ...(start_time ? { start: start_time } : {}) };
      return null;
    },
  };
  server = new Server(answers);
});
afterEach(() => document.body.replaceChildren());

const open = (): Promise<Seen> => Seen.show("sid-rules", server);

test("rules are tried on a day before they are saved", async () => {
  const seen = await open();
  expect(seen.button("rules.save").disabled).toBe(true);
  await seen.write("rules.grace", "15");
  await seen.press("rules.preview");
  const { date, ...said } = server.asked("rules/preview").at(-1) as unknown as { date: string };
  expect(said).toEqual({ type: "syncid/rules/preview", grace_minutes: 15 });
  // The last day on which anybody worked.
  expect(usual.workdays).toContain(weekdayOf(date));
  expect(date < new Date().toISOString().slice(0, 10)).toBe(true);
  expect(seen.one("[aria-labelledby=preview]").textContent).toMatch(/Amina[\s\S]*statuses\.late[\s\S]*statuses\.present/);
  expect(server.asked("rules/save")).toEqual([]);
  await seen.press("rules.save");
  expect(server.asked("rules/save").at(-1)).toEqual({ type: "syncid/rules/save", grace_minutes: 15 });
  expect(server.notified.at(-1)).toBe("rules.saved");
  expect(seen.button("rules.save").disabled).toBe(true);
  expect(sessionStorage).toHaveLength(0);
});

test("what cannot hold is said at its field, and is not saved", async () => {
  const seen = await open();
  await seen.write("rules.grace", "300");
  expect(seen.field("rules.grace").getAttribute("aria-invalid")).toBe("true");
  expect([seen.button("rules.save").disabled, seen.button("rules.preview").disabled]).toEqual([true, true]);
});

test("what was planned and is over is shown when it is asked for, and taken back", async () => {
  const leave = (name: string, start: string) => ({ who: name, name, group: false, kind: "leave", start, end: start, from_time: null, until_time: null, note: "" });
  let over = [leave("Bruno", "2026-11-10"), leave("Chen", "2026-11-03")];
  const book = answers["rules/get"]!;
  answers["rules/get"] = (said) => ({ ...(book(said) as object), past: said.past, leave: said.past ? over : [leave("Amina", "2026-12-01")] });
  answers.act = ({ data }) => {
    over = over.filter((one) => one.who !== data.person[0]);
    return { answer: {} };
  };
  const names = (): string[] => seen.all("li strong").map((one) => one.textContent!);
  const seen = await open();
  expect(names()).toEqual(["Amina"]);
  expect(seen.button("plans.past").getAttribute("aria-pressed")).toBe("false");
  await seen.press("plans.past");
  expect(names()).toEqual(["Bruno", "Chen"]);
  expect(seen.button("plans.past").getAttribute("aria-pressed")).toBe("true");
  await seen.press("plans.remove_of Chen");
  expect(server.done).toEqual([["remove_leave", { person: ["Chen"], start: "2026-11-03", end: "2026-11-03" }]]);
  expect(names()).toEqual(["Bruno"]);
  await seen.press("plans.remove_of Bruno");
  expect(seen.text).toContain("plans.nothing_past");
  await seen.press("plans.past");
  expect(names()).toEqual(["Amina"]);
});

test("each window has an example that fits it", async () => {
  const seen = await open();
  const example = (key: string) => seen.field(key).placeholder;
  expect([example("rules.in_window"), example("rules.out_window")]).toEqual(["07:00-09:00", "16:00-18:00"]);
});

test("what is not saved yet outlives the panel, until it is taken back", async () => {
  const seen = await open();
  await seen.write("rules.grace", "15");
  await seen.press("Mon");
  seen.element.remove();
  const again = await open();
  expect(again.field("rules.grace").value).toBe("15");
  expect(again.button("Mon").getAttribute("aria-pressed")).toBe("false");
  expect(again.button("rules.save").disabled).toBe(false);
  await again.press("common.cancel");
  expect(again.field("rules.grace").value).toBe("5");
  expect(again.all("button").map((one) => one.textContent!.trim())).not.toContain("common.cancel");
  again.element.remove();
  expect((await open()).field("rules.grace").value).toBe("5");
});

test("what was kept of other rules than there are now does no harm", async () => {
  sessionStorage.setItem("syncid-draft rules", JSON.stringify({ grace_minutes: "9" }));
  const seen = await open();
  expect([seen.field("rules.grace").value, seen.field("rules.start_time").value]).toEqual(["9", "08:00"]);
  sessionStorage.setItem("syncid-draft rules", "{ nothing of ours");
  expect((await open()).all("form")).toHaveLength(1);
});

/** Has somebody else save something, and the page hear of it. */
async function elsewhere(seen: Seen, changed: Partial<ShiftRow>): Promise<void> {
  usual = { ...usual, ...changed };
  server.changed.people += 1;
  seen.element.ctx = await server.context();
  await settled(1100);
}

test("rules that somebody else changed meanwhile are shown, but for what is written here", async () => {
  const seen = await open();
  await seen.write("rules.start_time", "09:00");
  await elsewhere(seen, { grace_minutes: 7, start: "07:00:00" });
  expect([seen.field("rules.grace").value, seen.field("rules.start_time").value]).toEqual(["7", "09:00"]);
});

test("what somebody else saved is not written over by what was not changed here", async () => {
  const seen = await open();
  await seen.write("rules.start_time", "09:00");
  // Tried and taken back: nothing is said of it any more.
  await seen.write("rules.grace", "15");
  await seen.write("rules.grace", "5");
  await seen.press("rules.preview");
  seen.element.remove();
  const again = await open();
  await elsewhere(again, { grace_minutes: 7, workdays: ["mon"] });
  await again.press("rules.save");
  expect(server.asked("rules/save")).toEqual([{ type: "syncid/rules/save", start_time: "09:00" }]);
  expect(usual).toMatchObject({ start: "09:00", grace_minutes: 7, workdays: ["mon"] });
});

const EVERY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Rules that nobody has said anything of yet, in a country. */
function untouched(country?: string): void {
  usual = { ...usual, start: null, end: null, workdays: EVERY };
  chosen = false;
  server.hass.config.country = country;
}

const pressed = (seen: Seen): string[] =>
  seen.all(".days button[aria-pressed=true]").map((one) => one.textContent!.trim());

test.each([
  ["DE", ["Mon", "Tue", "Wed", "Thu", "Fri"]],
  ["SA", ["Mon", "Tue", "Wed", "Thu", "Sun"]],
  ["IN", ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]],
  [undefined, ["Mon", "Tue", "Wed", "Thu", "Fri"]],
])("the first start brings the working week of %s, and says so", async (country, week) => {
  untouched(country);
  const seen = await open();
  expect(pressed(seen)).toHaveLength(7);
  await seen.write("rules.start_time", "08:00");
  expect(pressed(seen)).toEqual(week);
  expect(seen.one("#filled").textContent).toContain("rules.days_filled");
  const workdays = week.map((day) => day.toLowerCase());
  await seen.press("rules.preview");
  expect(server.asked("rules/preview").at(-1)).toMatchObject({ start_time: "08:00", workdays });
  await seen.press("rules.save");
  expect(server.asked("rules/save").at(-1)).toEqual({ type: "syncid/rules/save", start_time: "08:00", workdays });
});

test("days that the first start brought are changed, even to all of them", async () => {
  untouched("DE");
  const seen = await open();
  await seen.write("rules.start_time", "08:00");
  await seen.press("Sat");
  expect(pressed(seen)).toHaveLength(6);
  await seen.press("Sun");
  await seen.write("rules.grace", "7");
  expect(pressed(seen)).toHaveLength(7);
  expect(seen.one("#filled").textContent!.trim()).toBe("");
  await seen.press("rules.save");
  expect(server.asked("rules/save").at(-1)).toMatchObject({ start_time: "08:00", grace_minutes: 7, workdays: EVERY });
});

test("without a start no days are brought, and a start that is taken back takes them along", async () => {
  untouched("DE");
  const seen = await open();
  await seen.write("rules.grace", "7");
  expect(pressed(seen)).toHaveLength(7);
  await seen.write("rules.start_time", "08:00");
  await seen.write("rules.start_time", "");
  expect(pressed(seen)).toHaveLength(7);
  await seen.press("rules.save");
  expect(server.asked("rules/save").at(-1)).toEqual({ type: "syncid/rules/save", grace_minutes: 7 });
});

test("days that somebody chose stay, with the first start and with another one", async () => {
  untouched("DE");
  chosen = true;
  const seen = await open();
  await seen.write("rules.start_time", "08:00");
  expect(pressed(seen)).toHaveLength(7);
  await seen.press("rules.save");
  chosen = false;
  server.changed.people += 1;
  seen.element.ctx = await server.context();
  await settled(1100);
  await seen.write("rules.start_time", "09:00");
  expect(pressed(seen)).toHaveLength(7);
  await seen.press("rules.save");
  expect(server.asked("rules/save").map((one) => one.workdays)).toEqual([undefined, undefined]);
});

test("an example is written as it is to be entered, whatever is around it", async () => {
  server.hass.translationMetadata = { translations: { en: { isRTL: true } } };
  const seen = await open();
  expect(seen.text).toContain("rules.window_help \u206807:00-09:00\u2069");
  expect(seen.field("rules.in_window").placeholder).toBe("07:00-09:00");
});
