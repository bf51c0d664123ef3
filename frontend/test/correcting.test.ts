/** What was punched, put right by hand: on the day it is of, and at the terminal whose clock was wrong. */

import { afterEach, expect, test } from "vitest";

import { Seen, Server, settled } from "./server";

import "../src/ui/clock";
import "../src/ui/day";

afterEach(() => document.body.replaceChildren());

const punch = { device: "A1", device_id: "d1", device_name: "Gate", time: "2026-11-20T08:05:00+05:00", made: "2021-01-01T00:05:00+05:00", direction: "check_in", method: "face", added: false, voided: false };
const day = (...punches: object[]) => ({ day: null, shift: null, reasons: [], punches, said: [], trace: [] });
const marked = { person: "Amina", status: "late", final: false, hours: 0, first_in: null, last_out: null };

/** The day as the server tells it. */
const told = (detail: object): Promise<Seen> =>
  Seen.show("sid-day", new Server({ "attendance/day": () => ({ ...day(), day: marked, ...detail }) }), { person: "p1", date: "2026-11-20" });
const options = (seen: Seen): string[] => seen.all<HTMLOptionElement>("option").map((one) => one.value).filter(Boolean);
const save = (seen: Seen): HTMLButtonElement => seen.one<HTMLButtonElement>("button[type=submit]");

async function saved(seen: Seen): Promise<void> {
  save(seen).click();
  await settled();
  await settled();
}

async function opened(...punches: object[]): Promise<[Server, Seen]> {
  const server = new Server({ "attendance/day": () => day(...punches), act: () => ({ answer: {} }) });
  const seen = await Seen.show("sid-day", server, { person: "p1", date: "2026-11-20" });
  await seen.press("attendance.correct_punch");
  return [server, seen];
}

test("a punch is taken out with a reason, by what names it", async () => {
  const [server, seen] = await opened(punch);
  expect(seen.one("li time").getAttribute("datetime")).toBe(punch.time);
  await seen.write("attendance.what", "void_punch");
  expect(save(seen).disabled).toBe(true);
  await seen.write("attendance.reason", " a test ");
  await saved(seen);
  expect(server.done).toEqual([["void_punch", { person: "p1", time: punch.made, device_id: "d1", why: "a test" }]]);
  // Asked anew, and back at the day.
  expect(server.asked("attendance/day")).toHaveLength(2);
  expect(options(seen)).toContain("by_punches");
});

test("a punch is said to have been something else", async () => {
  const [server, seen] = await opened(punch);
  await seen.write("attendance.what", "check_out");
  await seen.write("attendance.reason", "wrong key");
  await saved(seen);
  expect(server.done).toEqual([
    ["set_direction", { person: "p1", time: punch.made, device_id: "d1", why: "wrong key", direction: "check_out" }],
  ]);
});

test("a punch that was taken out is told as such, and can be taken back", async () => {
  const [server, seen] = await opened({ ...punch, voided: true, device_id: null });
  expect(seen.one("li").textContent).toContain("attendance.said.void_punch");
  expect(options(seen)).toEqual(["restore_punch"]);
  await seen.write("attendance.what", "restore_punch");
  await seen.write("attendance.reason", "it was right");
  await saved(seen);
  // A terminal that is gone names nothing.
  expect(server.done).toEqual([["restore_punch", { person: "p1", time: punch.made, why: "it was right" }]]);
});

test("what somebody added can be taken out, and is no other thing", async () => {
  const [, seen] = await opened({ ...punch, device: "", device_id: null, device_name: null, added: true });
  expect(seen.one("li").textContent).toContain("attendance.said.add_punch");
  expect(options(seen)).toEqual(["void_punch"]);
});

test("who turns to a punch by mistake comes back to the day", async () => {
  const [server, seen] = await opened(punch);
  await seen.write("attendance.what", "void_punch");
  await seen.press("common.cancel");
  expect(options(seen)).toContain("excused");
  await seen.write("attendance.reason", "a reason");
  expect(save(seen).disabled).toBe(true);
  expect(server.done).toEqual([]);
});

test("what was said and what became of it is told in turn, and until when a day may change", async () => {
  const said = [{ kind: "mark", status: "excused", time: null, direction: null, by: "Olga", why: "the bus", at: "2026-11-20T09:00:00+05:00" }];
  const trace = [
    { at: "2026-11-20T08:10:00+05:00", cause: "new", status: "late", final: false },
    { at: "2026-11-20T09:01:00+05:00", cause: "correction", status: "excused", final: true },
  ];
  const reasons = ["2026-11-20 16:00", "2026-11-21 06:00"].map((end) => ({ key: "running", values: { end }, text: "" }));
  const server = new Server({ "attendance/day": () => ({ ...day(), reasons, said, trace, day: { person: "Amina", status: "late", final: false, hours: 0 } }), act: () => ({ answer: {} }) });
  const seen = await Seen.show("sid-day", server, { person: "p1", date: "2026-11-20" });
  expect(seen.all("li time").map((one) => one.getAttribute("datetime")?.slice(11, 16))).toEqual(["08:10", "09:00"]);
  expect(seen.all(".why").map((one) => one.textContent)).toEqual(["why.running 16:00", "why.running Sat, Nov 21 06:00"]);
  await seen.write("attendance.mark_as", "excused");
  await seen.write("attendance.reason", "the bus");
  await saved(seen);
  expect(server.notified).toEqual(["rules.saved"]);
});

test("a correction is told once, with what became of the day", async () => {
  const at = (minute: string) => `2026-11-20T09:${minute}:00+05:00`;
  const by = { by: "Olga", why: "the bus", time: null, direction: null, status: null };
  const lines = async (said: object[], trace: object[]) =>
    (await told({ said, trace })).all("section:last-of-type .lines li").map((one) => one.textContent!.replace(/\s+/g, " ").trim());
  const first = { at: at("00"), cause: "new", status: "late", final: false };
  const corrected = (minute: string, status: string, final = true) => ({ at: at(minute), cause: "correction", status, final });

  const [, mark] = await lines([{ ...by, kind: "mark", status: "excused", at: at("05") }], [first, corrected("05", "excused", false)]);
  expect(mark).toMatch(/^statuses.excused \(attendance.open\) Olga: the bus Fri/);
  const [, added, ...rest] = await lines([{ ...by, kind: "add_punch", time: at("01"), at: at("05") }], [first, corrected("06", "present")]);
  expect(added).toMatch(/^attendance.said.add_punch .* statuses.present Olga: the bus Fri/);
  expect(rest).toEqual([]);
  // Of a clock nothing is said on the day itself; and what was said before is not what changed it then.
  const alone = await lines([{ ...by, kind: "void_punch", at: at("02") }], [first, { ...corrected("03", "absent"), cause: "punch" }, corrected("06", "present")]);
  expect(alone.at(-1)).toMatch(/^statuses.present attendance.causes.correction/);
  expect(alone).toHaveLength(4);
});

test("the shift by which a day is marked is named", async () => {
  expect((await told({ shift: "Night" })).one(".shift").textContent).toContain("attendance.by_shift Night");
  expect((await told({ shift: null })).one(".shift").textContent).toContain("attendance.by_usual");
});

test("who has not left, or was never seen to come, is told so without a question mark", async () => {
  const hours = async (first_in: string | null, last_out: string | null) =>
    (await told({ day: { ...marked, first_in, last_out } })).one(".span").textContent!.trim();
  const [came, went] = ["2026-11-20T08:00:00Z", "2026-11-20T17:00:00Z"];
  expect(await hours(came, null)).toBe("08:00 –");
  expect(await hours(null, went)).toBe("– 17:00");
  expect(await hours(came, went)).toBe("08:00 – 17:00");
  expect(await hours(null, null)).toBe("");
});

test("a day that waits for terminals says what to do; one that is not over does not", async () => {
  const waits = await told({ reasons: [{ key: "waiting", values: { terminals: "Warehouse, Main gate" }, text: "" }] });
  expect(waits.text).toContain("why.waiting Warehouse, Main gate");
  expect(waits.text).toContain("attendance.open_help");
  expect(waits.one<HTMLAnchorElement>("a.terminals").getAttribute("href")).toBe("/syncid/terminals");
  const runs = await told({ reasons: [{ key: "running", values: { end: "2026-11-20 16:00" }, text: "" }] });
  expect(runs.text).not.toContain("attendance.open_help");
});

const terminal = { serial: "A1", name: "Main gate", device_id: "d1", actions: [] };
const effect = { punches: 2, people: 1, days: 1, changed: 1, marks: [{ person: "Amina", date: "2026-11-20", status: "present" }] };

async function planned(answer: () => unknown): Promise<[Server, Seen]> {
  const server = new Server({ act: answer });
  const seen = await Seen.show("sid-clock", server, { terminal });
  for (const [label, value] of [
    ["clock.start", "2026-11-20T09:00:00"],
    ["clock.really", "2026-11-20T08:00"],
    ["clock.end", "2026-11-20T18:00:00"],
    ["attendance.reason", "summer time"],
  ] as const) {
    expect(seen.button("clock.plan").disabled).toBe(true);
    await seen.write(label, value);
  }
  await seen.press("clock.plan");
  return [server, seen];
}

test("what a right clock would change is seen, then said in words, then done", async () => {
  const [server, seen] = await planned(() => ({ answer: effect }));
  const data = { device_id: "d1", start: "2026-11-20T09:00", end: "2026-11-20T18:00", seconds: -3600, why: "summer time" };
  expect(server.done).toEqual([["correct_clock", { ...data, dry_run: true }]]);
  expect(seen.text).toContain("clock.would 2 1 1 1");
  expect(seen.text).toContain("Amina");
  const danger = (): HTMLButtonElement => seen.one<HTMLButtonElement>("button.danger");
  expect(danger().disabled).toBe(true);
  await seen.write("confirm.write", "main gate");
  let ended = false;
  seen.element.addEventListener("closed", () => (ended = true));
  danger().click();
  await settled();
  await settled();
  expect(server.done[1]).toEqual(["correct_clock", { ...data, dry_run: false }]);
  expect(ended).toBe(true);
});

test("who does not confirm is back at what was entered", async () => {
  const [server, seen] = await planned(() => ({ answer: effect }));
  await seen.press("common.cancel");
  expect(seen.field("clock.start").value).toContain("2026-11-20T09:00");
  expect(server.done).toHaveLength(1);
});

test("a time in which nobody punched is told where it was entered", async () => {
  const [, seen] = await planned(() => {
    throw { code: "home_assistant_error", message: "nobody punched" };
  });
  expect(seen.one("[role=alert]").textContent).toContain("nobody punched");
});
