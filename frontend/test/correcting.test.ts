/** What was punched, put right by hand: on the day it is of, and at the terminal whose clock was wrong. */

import { afterEach, expect, test } from "vitest";

import "../src/ui/clock";
import "../src/ui/day";
import { Stage, button, settled, write } from "./stage";

afterEach(() => document.body.replaceChildren());

const punch = { device: "A1", device_id: "d1", device_name: "Gate", time: "2026-11-20T08:05:00+05:00", made: "2021-01-01T00:05:00+05:00", direction: "check_in", method: "face", added: false, voided: false };
const day = (...punches: object[]) => ({ day: null, reasons: [], punches, said: [], trace: [] });
const options = (dialog: any): string[] =>
  [...dialog.shadowRoot.querySelectorAll("option")].map((one: any) => one.value).filter(Boolean);

async function opened(...punches: object[]): Promise<[Stage, any]> {
  const stage = new Stage();
  stage.answer = ({ type }) => (type === "syncid/attendance/day" ? day(...punches) : { answer: {} });
  const dialog = await stage.show("sid-day", { person: "p1", date: "2026-11-20" });
  dialog.shadowRoot.querySelector("li button").click();
  await settled(dialog);
  return [stage, dialog];
}

test("a punch is taken out with a reason, by what names it", async () => {
  const [stage, dialog] = await opened(punch);
  expect(dialog.shadowRoot.querySelector("li time").getAttribute("datetime")).toBe(punch.time);
  await write(dialog, "select", "void_punch");
  const save = dialog.shadowRoot.querySelector("button[type=submit]");
  expect(save.disabled).toBe(true);
  await write(dialog, "form input", " a test ");
  save.click();
  await settled(dialog);
  expect(stage.done).toEqual([["void_punch", { person: "p1", time: punch.made, device_id: "d1", why: "a test" }]]);
  // Asked anew, and back at the day.
  expect(stage.said.filter((one) => one.type === "syncid/attendance/day")).toHaveLength(2);
  expect(options(dialog)).toContain("by_punches");
});

test("a punch is said to have been something else", async () => {
  const [stage, dialog] = await opened(punch);
  await write(dialog, "select", "check_out");
  await write(dialog, "form input", "wrong key");
  dialog.shadowRoot.querySelector("button[type=submit]").click();
  await settled(dialog);
  expect(stage.done).toEqual([
    ["set_direction", { person: "p1", time: punch.made, device_id: "d1", why: "wrong key", direction: "check_out" }],
  ]);
});

test("a punch that was taken out is told as such, and can be taken back", async () => {
  const [stage, dialog] = await opened({ ...punch, voided: true, device_id: null });
  expect(dialog.shadowRoot.querySelector("li").textContent).toContain("attendance.said.void_punch");
  expect(options(dialog)).toEqual(["restore_punch"]);
  await write(dialog, "select", "restore_punch");
  await write(dialog, "form input", "it was right");
  dialog.shadowRoot.querySelector("button[type=submit]").click();
  await settled(dialog);
  // A terminal that is gone names nothing.
  expect(stage.done).toEqual([["restore_punch", { person: "p1", time: punch.made, why: "it was right" }]]);
});

test("what somebody added can be taken out, and is no other thing", async () => {
  const [, dialog] = await opened({ ...punch, device: "", device_id: null, device_name: null, added: true });
  expect(dialog.shadowRoot.querySelector("li").textContent).toContain("attendance.said.add_punch");
  expect(options(dialog)).toEqual(["void_punch"]);
});

test("who turns to a punch by mistake comes back to the day", async () => {
  const [stage, dialog] = await opened(punch);
  await write(dialog, "select", "void_punch");
  button(dialog, "common.cancel").click();
  await settled(dialog);
  expect(options(dialog)).toContain("excused");
  await write(dialog, "form label:last-of-type input", "a reason");
  expect(dialog.shadowRoot.querySelector("button[type=submit]").disabled).toBe(true);
  expect(stage.done).toEqual([]);
});

const terminal = { serial: "A1", name: "Main gate", device_id: "d1", actions: [] };
const effect = { punches: 2, people: 1, days: 1, changed: 1, marks: [{ person: "Amina", date: "2026-11-20", status: "present" }] };

async function planned(stage: Stage): Promise<any> {
  const dialog = await stage.show("sid-clock", { terminal });
  const [start, really, end, why] = dialog.shadowRoot.querySelectorAll("input");
  for (const [field, value] of [[start, "2026-11-20T09:00:00"], [really, "2026-11-20T08:00"], [end, "2026-11-20T18:00:00"], [why, "summer time"]]) {
    expect(dialog.shadowRoot.querySelector("button.main").disabled).toBe(true);
    field.value = value;
    field.dispatchEvent(new Event("input"));
    await settled(dialog);
  }
  dialog.shadowRoot.querySelector("button.main").click();
  await settled(dialog);
  return dialog;
}

test("what a right clock would change is seen, then said in words, then done", async () => {
  const stage = new Stage();
  stage.answer = () => ({ answer: effect });
  const dialog = await planned(stage);
  const data = { device_id: "d1", start: "2026-11-20T09:00", end: "2026-11-20T18:00", seconds: -3600, why: "summer time" };
  expect(stage.done).toEqual([["correct_clock", { ...data, dry_run: true }]]);
  const confirm = dialog.shadowRoot.querySelector("sid-confirm");
  expect(confirm.text).toContain("clock.would 2 1 1 1");
  expect(confirm.textContent).toContain("Amina");
  const danger = confirm.shadowRoot.querySelector("button.danger");
  expect(danger.disabled).toBe(true);
  await write(confirm, "input", "main gate");
  let ended = false;
  dialog.addEventListener("closed", () => (ended = true));
  danger.click();
  await settled(dialog);
  expect(stage.done[1]).toEqual(["correct_clock", { ...data, dry_run: false }]);
  expect(ended).toBe(true);
});

test("who does not confirm is back at what was entered", async () => {
  const stage = new Stage();
  stage.answer = () => ({ answer: effect });
  const dialog = await planned(stage);
  button(dialog.shadowRoot.querySelector("sid-confirm"), "common.cancel").click();
  await settled(dialog);
  expect(dialog.shadowRoot.querySelector("input").value).toContain("2026-11-20T09:00");
  expect(stage.done).toHaveLength(1);
});

test("a time in which nobody punched is told where it was entered", async () => {
  const stage = new Stage();
  stage.answer = () => {
    throw { code: "home_assistant_error", message: "nobody punched" };
  };
  const dialog = await planned(stage);
  expect(dialog.shadowRoot.querySelector("[role=alert]").textContent).toContain("nobody punched");
});
