/** Attendance: the day, the month, and one day of a person, as who keeps the lists sees and changes them. */

import { afterEach, beforeEach, expect, test } from "vitest";

import type { DayDetail, DayPage, DayPunch, DayRow, MonthPage } from "../src/types";
import { Seen, Server, settled, type Answers } from "./server";

import "../src/pages/attendance";

const day = (at: number, status: string, more: Partial<DayRow> = {}): DayRow => ({
  person_id: `p${at}`,
  person: `Person ${at}`,
  external_id: String(at),
  groups: [],
  date: "2026-11-20",
  status,
  final: true,
  presence: "out",
  first_in: "2026-11-20T08:05:00Z",
  last_out: null,
  late_minutes: status === "late" ? 5 : 0,
  hours: 8,
  overtime_minutes: 0,
  flags: [],
  ...more,
});
const detail: DayDetail = { day: day(1, "late"), shift: null, reasons: [{ key: "late", values: {}, text: "Came late." }], punches: [], said: [], trace: [], punch_count: 0 };
const month: MonthPage = {
  month: "2026-11-01",
  weekday: 6,
  length: 30,
  count: 2,
  groups: [],
  late: [],
  people: [1, 2].map((at) => ({ person_id: `p${at}`, person: `Person ${at}`, days: Array.from({ length: 30 }, (_, one) => (one < 20 ? "present" : null)), open: [20] })),
};

let answers: Answers;
let server: Server;
let everybody: DayRow[];

beforeEach(() => {
  sessionStorage.clear();
  everybody = [day(1, "late"), day(2, "present"), day(3, "absent", { first_in: null, hours: 0 })];
  answers = {
    "people/list": () => ({ total: 3, count: 3, groups: [], unmapped: 0, people: [] }),
    "rules/get": () => ({ usual: { start: "08:00" }, shifts: [], holidays: [], leave: [], rota: [] }),
    "terminals/list": () => ({ total: 1, online: 1, troubled: 0, count: 1, terminals: [{ serial: "A1", name: "Gate" }] }),
    "attendance/days": ({ status, offset = 0 }): DayPage => {
      const fit = everybody.filter((one) => !status || one.status === status);
      return { date: "2026-11-20", count: fit.length, counts: { late: 1, present: 1, absent: 1 }, groups: ["Office"], days: fit.slice(offset, offset + 50) };
    },
    "attendance/month": () => month,
    "attendance/day": () => detail,
    "attendance/export": () => ({ url: "/file", days: 3 }),
    "act": () => ({ answer: {} }),
  };
  server = new Server(answers);
});
afterEach(() => document.body.replaceChildren());

async function open(search: string, item = ""): Promise<Seen> {
  history.replaceState(null, "", `/syncid/attendance${item}?${search}`);
  return Seen.show("sid-attendance", server);
}
const rows = (seen: Seen): string[] => seen.all("tbody td.main").map((one) => one.textContent!.trim());

test("a day is listed, with what it is and why that is looked at", async () => {
  const seen = await open("date=2026-11-20");
  expect(rows(seen)).toEqual(["Person 1", "Person 2", "Person 3"]);
  expect(seen.one("tbody tr").textContent).toMatch(/statuses\.late[\s\S]*08:05[\s\S]*8:00[\s\S]*attendance\.late_by 5/);
});

test("a mark, a group, a terminal and a name are filters, and all in the address", async () => {
  const seen = await open("date=2026-11-20&from=0");
  await seen.press("statuses.late");
  expect(rows(seen)).toEqual(["Person 1"]);
  await seen.write("people.all_groups", "Office");
  await seen.write("people.all_terminals", "A1");
  await seen.write("common.search", "per");
  await settled(300);
  expect(server.asked("attendance/days").at(-1)).toMatchObject({ date: "2026-11-20", status: "late", group: "Office", serial: "A1", search: "per", offset: 0 });
  expect(Object.fromEntries(new URLSearchParams(location.search))).toEqual({ date: "2026-11-20", only: "late", group: "Office", at: "A1", search: "per" });
  HTMLAnchorElement.prototype.click = () => {};
  await seen.press("attendance.export");
  expect(server.asked("attendance/export").at(-1)).toMatchObject({ table: "days", status: "late", group: "Office", serial: "A1", search: "per" });
});

test("a heading sorts, and is turned round", async () => {
  const seen = await open("date=2026-11-20&sort=hours");
  await seen.press("attendance.hours");
  expect(server.asked("attendance/days").at(-1)).toMatchObject({ sort: "hours", descending: true });
  await seen.write("common.sort_by", "status");
  expect(server.asked("attendance/days").at(-1)).toMatchObject({ sort: "status", descending: false });
});

test("who looks at a page that is there no more sees the last one, with the dialog that was open", async () => {
  everybody = Array.from({ length: 120 }, (_, at) => day(at, "present"));
  const seen = await open("date=2026-11-20&from=100", "/p1@2026-11-20");
  expect(rows(seen)).toHaveLength(20);
  everybody.length = 70;
  const steps = history.length;
  server.changed.marks += 1;
  seen.element.ctx = await server.context();
  await settled(1100);
  expect(location.pathname + location.search).toBe("/syncid/attendance/p1%402026-11-20?date=2026-11-20&from=50");
  expect(rows(seen)).toHaveLength(20);
  expect(history.length).toBe(steps);
  everybody.length = 0;
  server.changed.marks += 1;
  seen.element.ctx = await server.context();
  await settled(1100);
  expect(new URLSearchParams(location.search).get("from")).toBeNull();
});

test("a month is a grid with one stop of the tab key, and each cell says whose day it is", async () => {
  const seen = await open("date=2026-11-20&view=month");
  const cells = seen.all<HTMLButtonElement>("tbody button");
  expect(cells).toHaveLength(40);
  expect(cells.filter((one) => one.tabIndex === 0)).toEqual([cells[0]]);
  expect(cells[0]!.getAttribute("aria-label")).toBe("Person 1, Sun, Nov 1: statuses.present");
  expect(cells[19]!.getAttribute("aria-label")).toContain("(attendance.open)");
  cells[0]!.focus();
  cells[0]!.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, composed: true }));
  expect(seen.element.shadowRoot!.activeElement).toBe(cells[20]);
  // What is told meanwhile takes the keyboard nowhere else.
  server.changed.marks += 1;
  seen.element.ctx = await server.context();
  await settled(1100);
  expect(seen.all("tbody button[tabindex='0']")).toEqual([cells[20]]);
  cells[20]!.click();
  await settled();
  expect(location.pathname).toBe("/syncid/attendance/p2%402026-11-01");
});

test("a correction needs a mark or a time, and a reason", async () => {
  const seen = await open("date=2026-11-20", "/p1@2026-11-20");
  const save = (): HTMLButtonElement => seen.button("attendance.save");
  expect(save().disabled).toBe(true);
  await seen.write("attendance.mark_as", "excused");
  expect(save().disabled).toBe(true);
  await seen.write("attendance.reason", " Had the doctor ");
  expect(save().disabled).toBe(false);
  await seen.write("attendance.forgotten", "16:30");
  seen.one("form").dispatchEvent(new Event("submit", { cancelable: true }));
  await settled();
  expect(server.asked("add_punch").map((one) => one.data)).toEqual([{ person: "p1", time: "2026-11-20 16:30:00", why: "Had the doctor" }]);
  expect(server.asked("mark_attendance").map((one) => one.data)).toEqual([{ person: ["p1"], mark: "excused", date: "2026-11-20", why: "Had the doctor" }]);
  expect(seen.field("attendance.reason").value).toBe("");
  expect(sessionStorage).toHaveLength(0);
});

test("a correction that is not saved yet outlives the panel, but not its dialog", async () => {
  const seen = await open("date=2026-11-20", "/p1@2026-11-20");
  await seen.write("attendance.mark_as", "excused");
  await seen.write("attendance.reason", "Doctor");
  seen.element.remove();
  const again = await open("date=2026-11-20", "/p1@2026-11-20");
  expect([again.field("attendance.mark_as").value, again.field("attendance.reason").value]).toEqual(["excused", "Doctor"]);
  again.element.remove();
  const other = await open("date=2026-11-19", "/p1@2026-11-19");
  expect(other.field("attendance.reason").value).toBe("");
  other.element.remove();
  const last = await open("date=2026-11-20", "/p1@2026-11-20");
  await last.press("common.close");
  expect(location.pathname).toBe("/syncid/attendance");
  expect(sessionStorage).toHaveLength(0);
});

const goTo = async (seen: Seen, item: string): Promise<void> => {
  history.replaceState(null, "", `/syncid/attendance/${item}?date=2026-11-20`);
  seen.element.ctx = await server.context();
  await settled();
  await settled();
};

test("what is written of a punch does not come back as said of the day", async () => {
  const punch: DayPunch = { device: "A1", device_id: "d1", device_name: "Gate", time: "2026-11-20T08:05:00Z", made: "2026-11-20T08:05:00Z", direction: "check_in", method: "face", added: false, voided: false };
  answers["attendance/day"] = (): DayDetail => ({ ...detail, punches: [punch], punch_count: 1 });
  const seen = await open("date=2026-11-20", "/p1@2026-11-20");
  await seen.press("attendance.correct_punch");
  await seen.write("attendance.what", "void_punch");
  await seen.write("attendance.reason", "a test");
  seen.element.remove();
  const again = await open("date=2026-11-20", "/p1@2026-11-20");
  expect([again.field("attendance.mark_as").value, again.field("attendance.reason").value]).toEqual(["", ""]);
  expect(again.button("attendance.save").disabled).toBe(true);
});

test("what is written of one is not said of the other whom the address turns to", async () => {
  const seen = await open("date=2026-11-20", "/p1@2026-11-20");
  await seen.write("attendance.mark_as", "excused");
  await seen.write("attendance.reason", "Doctor");
  answers["attendance/day"] = () => new Promise(() => {});
  await goTo(seen, "p2@2026-11-20");
  // Nor are the punches of one shown as the other's until those are there.
  expect(seen.all("form")).toEqual([]);
  answers["attendance/day"] = () => detail;
  await goTo(seen, "p3@2026-11-20");
  expect([seen.field("attendance.mark_as").value, seen.field("attendance.reason").value]).toEqual(["", ""]);
  await goTo(seen, "p1@2026-11-20");
  expect([seen.field("attendance.mark_as").value, seen.field("attendance.reason").value]).toEqual(["excused", "Doctor"]);
  expect(sessionStorage).toHaveLength(1);
});

test("where nobody can be late, that is said", async () => {
  answers["rules/get"] = () => ({ usual: { start: null }, shifts: [], holidays: [], leave: [], rota: [] });
  const seen = await open("");
  expect(seen.text).toContain("attendance.no_start");
  await seen.press("attendance.to_rules");
  expect(location.pathname).toBe("/syncid/rules");
});
