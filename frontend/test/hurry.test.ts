/** Pages and dialogs with somebody who hurries, and a server that does not answer as it should. */

import { afterEach, beforeEach, expect, test } from "vitest";

import "../src/pages/people";
import "../src/ui/person";
import "../src/ui/enrol";
import "../src/ui/day";
import "../src/app";
import { Format } from "../src/format";
import type { Context } from "../src/context";
import type { Hass } from "../src/hass";
import { Texts } from "../src/texts";
import { KEYS } from "./keys";

HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) { this.open = true; };
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) { this.open = false; this.dispatchEvent(new Event("close")); };

type Said = { type: string; [key: string]: any };
const said: Said[] = [];
let answer: (said: Said) => unknown;

const hass = (more = {}): Hass =>
  ({
    language: "en",
    locale: { language: "en" },
    config: { time_zone: "Asia/Karachi" },
    callWS: async (message: Said) => {
      if (message.type === "frontend/get_translations") return { resources: KEYS };
      said.push(message);
      return answer(message);
    },
    connection: { addEventListener() {}, removeEventListener() {}, subscribeMessage: async () => () => {} },
    ...more,
  }) as unknown as Hass;

async function context(more: Partial<Context> = {}): Promise<Context> {
  const texts = await Texts.load(hass());
  return {
    hass: () => hass(), texts, t: texts.t, f: new Format(hass()), narrow: false,
    place: { page: "people", filters: new URLSearchParams() },
    jobs: [], drill: null, changed: { terminals: 0, people: 0, punches: 0, marks: 0 },
    begin: async (action, data) => { said.push({ type: `begin ${action}`, ...data }); return undefined; },
    showJob: () => {}, ...more,
  };
}
async function show(tag: string, props: object): Promise<any> {
  const element = Object.assign(document.createElement(tag), props) as any;
  document.body.append(element);
  await element.updateComplete;
  await new Promise((done) => setTimeout(done, 0));
  await element.updateComplete;
  return element;
}
const person = (n: number) => ({ person_id: `id${n}`, name: `Person ${String(n).padStart(5, "0")}`, external_id: String(n), kind: "employee", groups: [], users: [], status: null, presence: null });
const everybody = Array.from({ length: 10000 }, (_, n) => person(n));
const server = (message: Said): unknown => {
  if (message.type === "syncid/people/list") {
    if (message.person_id) return { total: 10000, count: 1, groups: [], unmapped: 0, people: everybody.filter((one) => one.person_id === message.person_id) };
    const fit = everybody.filter((one) => one.name.toLowerCase().includes(String(message.search ?? "").toLowerCase()));
    return { total: 10000, count: fit.length, groups: [], unmapped: 0, people: fit.slice(message.offset ?? 0, (message.offset ?? 0) + (message.limit ?? 50)) };
  }
  return { answer: {} };
};
beforeEach(() => { said.length = 0; answer = server; });
afterEach(() => { document.body.replaceChildren(); });

test("the 300th person of 10,000 can be opened", async () => {
  const dialog = await show("sid-person", { ctx: await context(), person: "id300" });
  expect(dialog.shadowRoot.textContent).not.toContain("people.person_gone");
});

test("a person whose name is being changed when people change is changed, not added", async () => {
  const dialog = await show("sid-person", { ctx: await context(), person: "id3" });
  const input = dialog.shadowRoot.querySelector("input");
  input.value = "Somebody Else";
  input.dispatchEvent(new Event("input"));
  dialog.ctx = await context({ changed: { terminals: 0, people: 1, punches: 0, marks: 0 } });
  await new Promise((done) => setTimeout(done, 20));
  await dialog.updateComplete;
  dialog.shadowRoot.querySelector("button.main").click();
  await new Promise((done) => setTimeout(done, 20));
  const acted = said.filter((one) => one.type === "syncid/act").map((one) => one.action);
  expect(acted).toEqual(["update_person"]);
});

test("what was searched for who somebody is stays found when people change", async () => {
  const map = { serial: "S", terminal: "Gate", device_id: "d", user_id: "1", name: "Person", punches: 0, person_id: null, person: null, score: 0, basis: null, rivals: [] };
  const dialog = await show("sid-person", { ctx: await context(), map });
  const input = dialog.shadowRoot.querySelector("input[type=search]");
  input.value = "00777";
  input.dispatchEvent(new Event("input"));
  await new Promise((done) => setTimeout(done, 300));
  expect(dialog.shadowRoot.querySelector("li").textContent).toContain("Person 00777");
  dialog.ctx = await context({ changed: { terminals: 0, people: 1, punches: 0, marks: 0 } });
  await new Promise((done) => setTimeout(done, 20));
  await dialog.updateComplete;
  expect(dialog.shadowRoot.querySelector("li").textContent).toContain("Person 00777");
});

test("who types and goes elsewhere is not fetched back", async () => {
  history.replaceState(null, "", "/syncid/people");
  const page = await show("sid-people", { ctx: await context() });
  const input = page.shadowRoot.querySelector("input[type=search]");
  input.value = "am";
  input.dispatchEvent(new Event("input"));
  history.replaceState(null, "", "/config/dashboard");
  page.remove();
  await new Promise((done) => setTimeout(done, 300));
  expect(location.pathname).toBe("/config/dashboard");
});

test("an enrolment that was cancelled while the user is made does not begin", async () => {
  answer = (message) => message.type === "syncid/jobs/begin" ? { id: "j" }
    : message.type === "syncid/jobs/get" ? new Promise((done) => setTimeout(() => done({ job: { state: "done", problem: null } }), 50))
    : { users: [], count: 0, total: 0 };
  const terminal = { serial: "S", name: "Gate", device_id: "d", actions: [] };
  const enrol = await show("sid-enrol", { ctx: await context(), terminal });
  Object.assign(enrol, { isNew: true, userId: "5", finger: 3 });
  await enrol.updateComplete;
  enrol.shadowRoot.querySelector("button.main").click();
  await enrol.updateComplete;
  enrol.addEventListener("closed", () => enrol.remove());
  [...enrol.shadowRoot.querySelectorAll("button")].find((one: any) => one.textContent === "common.cancel").click();
  await new Promise((done) => setTimeout(done, 200));
  expect(said.map((one) => one.type)).not.toContain("begin enroll_fingerprint");
});

test("who was chosen at one terminal is not enrolled at another one", async () => {
  const terminal = (serial: string) => ({ serial, name: serial, device_id: serial, online: true, actions: ["enroll_fingerprint"] });
  answer = (message) => message.type === "syncid/terminals/list" ? { terminals: [terminal("A"), terminal("B")] }
    : { users: [{ user_id: "7", name: `Ann of ${message.serial}` }], count: 1, total: 1 };
  const enrol = await show("sid-enrol", { ctx: await context() });
  const turn = async (value: string) => {
    const where = enrol.shadowRoot.querySelector("select");
    where.value = value;
    where.dispatchEvent(new Event("change"));
    await new Promise((done) => setTimeout(done, 0));
    await enrol.updateComplete;
  };
  await turn("A");
  enrol.shadowRoot.querySelector("input[type=radio]").dispatchEvent(new Event("change"));
  enrol.finger = 3;
  await enrol.updateComplete;
  const start = enrol.shadowRoot.querySelector("button.main");
  expect(start.disabled).toBe(false);
  await turn("B");
  expect(start.disabled).toBe(true);
});

test("a connection that is lost is said in words", async () => {
  const texts = await Texts.load(hass());
  expect(texts.error(3)).not.toBe("3"); // what Home Assistant's connection rejects with
});

test("a connection that is lost while a user is made is said too", async () => {
  answer = (message) => { if (message.type === "syncid/jobs/begin") throw 3; return { users: [], count: 0, total: 0 }; };
  const enrol = await show("sid-enrol", { ctx: await context(), terminal: { serial: "S", name: "Gate", device_id: "d", actions: [] } });
  Object.assign(enrol, { isNew: true, userId: "5", finger: 3 });
  await enrol.updateComplete;
  await expect(enrol.start()).resolves.toBeUndefined();
});

test("today is the server's day, whatever clock the user prefers to see", () => {
  const far = hass({ locale: { language: "en", time_zone: "local" }, config: { time_zone: "Pacific/Kiritimati" } });
  // The browser of this test is in UTC or so; on Kiritimati it is tomorrow already.
  expect(new Format(far).today(new Date("2026-11-21T12:00:00Z"))).toBe("2026-11-22");
});

test("texts that could not be loaded are loaded once more", async () => {
  let tries = 0;
  const broken = hass({ callWS: async ({ type }: Said) => {
    if (type !== "frontend/get_translations") return answer({ type });
    tries += 1;
    if (tries <= 2) throw 3; // of both categories
    return { resources: KEYS };
  } });
  const panel = await show("syncid-panel", { hass: broken });
  panel.hass = { ...broken };
  await new Promise((done) => setTimeout(done, 20));
  await panel.updateComplete;
  expect(panel.shadowRoot.querySelector("header")).not.toBeNull();
});

test("a date that is none is not the end of the page", async () => {
  await import("../src/pages/attendance");
  answer = () => new Promise(() => {});
  const page = document.createElement("sid-attendance") as any;
  page.ctx = await context({ place: { page: "attendance", filters: new URLSearchParams("date=2026-13-45") } });
  document.body.append(page);
  await page.updateComplete;
  expect(page.shadowRoot.querySelector("h2")).not.toBeNull();
});

test("the day's dialog says whose it is without a mark too", async () => {
  answer = () => ({ day: null, reasons: [], punches: [], said: [], trace: [] });
  const dialog = await show("sid-day", { ctx: await context(), person: "id1", date: "2026-11-20" });
  expect(dialog.shadowRoot.querySelector("sid-dialog").heading.trim()).not.toMatch(/^·/);
});

test("a person is erased once, however often the button is pressed", async () => {
  answer = (message) => message.type === "syncid/act" ? new Promise((done) => setTimeout(() => done({ answer: { deleted: {} } }), 50)) : server(message);
  const dialog = await show("sid-person", { ctx: await context(), person: "id3" });
  dialog.erasing = true;
  await dialog.updateComplete;
  const confirm = dialog.shadowRoot.querySelector("sid-confirm");
  confirm.written = confirm.word;
  await confirm.updateComplete;
  const button = confirm.shadowRoot.querySelector("button.danger");
  button.click();
  await dialog.updateComplete; await confirm.updateComplete;
  button.click();
  await new Promise((done) => setTimeout(done, 100));
  expect(said.filter((one) => one.type === "syncid/act")).toHaveLength(1);
});

test("an address that is broken shows the page all the same", async () => {
  history.replaceState(null, "", "/syncid/people/%E0%A4%A");
  const panel = await show("syncid-panel", { hass: hass() });
  expect(panel.shadowRoot).not.toBeNull();
});
