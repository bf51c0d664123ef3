/** People and users, and their dialogs: 10,000 of them, of whom a page shows fifty. */

import { afterEach, beforeEach, expect, test } from "vitest";

import type { PersonRow, UserRow } from "../src/types";
import { Seen, Server, settled, type Answers, type Said } from "./server";

import "../src/pages/people";

const person = (at: number): PersonRow => ({
  person_id: `id${at}`,
  name: `Person ${at}`,
  external_id: String(at),
  kind: "staff",
  groups: [],
  valid_from: null,
  valid_until: null,
  users: [{ serial: "A1", terminal: "Gate", device_id: "d1", user_id: String(at) }],
  status: "present",
  presence: "in",
});
const user = (at: number): UserRow => ({
  user_id: String(at),
  name: `User ${at}`,
  differs: false,
  person_id: null,
  person: null,
  places: [{ serial: "A1", terminal: "Gate", device_id: "d1", name: `User ${at}`, role: "user", disabled: false }],
});
const nobody = { serial: "A1", terminal: "Gate", device_id: "d1", user_id: "77", name: "Grace", punches: 3, person_id: "id5", person: "Person 5", score: 0.95, basis: "name", rivals: [] };
const DOES = ["enroll_fingerprint", "update_user", "remove_user", "transfer_templates"];
const terminals = ["A1", "B2"].map((serial, at) => ({ serial, name: ["Gate", "Office"][at], device_id: `d${at + 1}`, online: true, actions: DOES }));

let people: PersonRow[];
let users: UserRow[];
let answers: Answers;
let server: Server;

/** What fits of a list, and a page of it. */
const part = <T extends { name: string }>(all: T[], { search = "", offset = 0, limit = 50 }: Said, fit: (one: T) => boolean) => {
  const found = all.filter((one) => one.name.includes(search) && fit(one));
  return { total: all.length, count: found.length, page: found.slice(offset, offset + Math.min(limit, 200)) };
};

beforeEach(() => {
  sessionStorage.clear();
  people = Array.from({ length: 10_000 }, (_, at) => person(at));
  users = Array.from({ length: 10_000 }, (_, at) => user(at));
  answers = {
    "people/list": (said) => {
      const { page, ...counts } = part(people, said, (one) => !said.person_id || one.person_id === said.person_id);
      return { ...counts, groups: ["Office"], unmapped: 1, people: page };
    },
    "people/nobody": () => ({ count: 1, certain: 1, users: [nobody] }),
    "users/list": (said) => {
      const { page, ...counts } = part(users, said, (one) => !said.user_id || one.user_id === said.user_id);
      return { ...counts, users: page };
    },
    "users/templates": () => ({ places: [{ serial: "A1", terminal: "Gate", fingerprints: 2, faces: 0, problem: null }] }),
    "terminals/list": () => ({ total: 2, count: 2, online: 2, troubled: 0, terminals }),
    "act": () => ({ answer: { person_id: "new", deleted: { punches: 4 } } }),
  };
  server = new Server(answers);
});
afterEach(() => document.body.replaceChildren());

async function open(address: string): Promise<Seen> {
  history.replaceState(null, "", `/syncid/people${address}`);
  return Seen.show("sid-people", server);
}
const rows = (seen: Seen): string[] => seen.all("tbody td.main").map((one) => one.textContent!.trim());
const acted = (action: string): unknown[] => server.asked(action).map((one) => one.data);
async function tick(seen: Seen): Promise<void> {
  server.changed.people += 1;
  seen.element.ctx = await server.context();
  await settled(1100);
}

test("a page of people, turned and searched", async () => {
  const seen = await open("");
  expect(rows(seen)).toHaveLength(50);
  await seen.press("common.next");
  expect(rows(seen)[0]).toBe("Person 50");
  expect(location.search).toBe("?from=50");
  await seen.write("common.search", "Person 123");
  await settled(300);
  expect(rows(seen)[0]).toBe("Person 123");
  // Who looks for something else begins at its beginning.
  expect(location.search).toBe("?search=Person+123");
});

test("somebody far beyond the first page is opened, changed and saved", async () => {
  const seen = await open("/id7777");
  expect(seen.one("sid-dialog").shadowRoot!.querySelector("h2")!.textContent).toBe("Person 7777");
  await seen.write("people.name", " Anna Lee ");
  await seen.write("people.groups", "Office, , Night");
  await tick(seen); // as others map and punch
  expect(seen.field("people.name").value).toBe(" Anna Lee ");
  await seen.press("people.save");
  // Only what was changed: nobody else's change is written over.
  expect(acted("update_person")).toEqual([{ person: "id7777", name: "Anna Lee", groups: ["Office", "Night"] }]);
  expect(acted("add_person")).toEqual([]);
  expect(location.pathname).toBe("/syncid/people");
  expect(sessionStorage).toHaveLength(0);
});

test("what is written of somebody outlives the panel, and is gone when it is taken back", async () => {
  const seen = await open("/id7");
  await seen.write("people.name", "Anna Lee");
  seen.element.remove();
  const again = await open("/id7");
  expect(again.field("people.name").value).toBe("Anna Lee");
  again.element.remove();
  const other = await open("/id8");
  expect(other.field("people.name").value).toBe("Person 8");
  other.element.remove();
  const last = await open("/id7");
  await last.press("common.cancel");
  expect(sessionStorage).toHaveLength(0);
  last.element.remove();
  expect((await open("/id7")).field("people.name").value).toBe("Person 7");
});

const goTo = async (seen: Seen, item: string): Promise<void> => {
  history.replaceState(null, "", `/syncid/people/${item}`);
  seen.element.ctx = await server.context();
  await settled();
  await settled();
};

test("what is written of one is not written of the other whom the address turns to", async () => {
  const seen = await open("/id7");
  await seen.write("people.name", "Anna Lee");
  await goTo(seen, "id8");
  expect(seen.field("people.name").value).toBe("Person 8");
  await seen.write("people.groups", "Night");
  await seen.press("people.save");
  expect(acted("update_person")).toEqual([{ person: "id8", groups: ["Night"] }]);
  await goTo(seen, "id7");
  expect(seen.field("people.name").value).toBe("Anna Lee");
});

test("who is saved after the address has turned to another one leaves that one's dialog alone", async () => {
  let answered = (_: object): void => {};
  answers.act = () => new Promise((done) => (answered = done));
  const seen = await open("/id7");
  await seen.write("people.name", "Anna Lee");
  await seen.press("people.save");
  await goTo(seen, "id8");
  answered({ answer: { person_id: "id7" } });
  await settled();
  await settled();
  expect(location.pathname).toBe("/syncid/people/id8");
  expect(seen.field("people.name").value).toBe("Person 8");
  // What is saved is no draft any more.
  expect(sessionStorage).toHaveLength(0);
});

test("what was written stays when it could not be saved, and why is said", async () => {
  answers.act = () => {
    throw { code: "home_assistant_error", message: "That number is taken." };
  };
  const seen = await open("/id7");
  await seen.write("people.external_id", "8");
  await seen.press("people.save");
  expect(seen.text).toContain("That number is taken.");
  expect(seen.field("people.external_id").value).toBe("8");
});

test("what somebody else changes meanwhile is shown, and stays", async () => {
  const seen = await open("/id7");
  await seen.write("people.name", "Anna Lee");
  people[7] = { ...people[7]!, groups: ["Night"], kind: "visitor" };
  await tick(seen);
  expect([seen.field("people.name").value, seen.field("people.groups").value]).toEqual(["Anna Lee", "Night"]);
  await seen.press("people.save");
  expect(acted("update_person")).toEqual([{ person: "id7", name: "Anna Lee" }]);
});

test("what is written back as it was is no change, and there is nothing to save", async () => {
  const seen = await open("/id7");
  expect(seen.button("people.save").disabled).toBe(true);
  await seen.write("people.name", "Anna Lee");
  expect(seen.button("people.save").disabled).toBe(false);
  await seen.write("people.name", "Person 7");
  expect(seen.button("people.save").disabled).toBe(true);
  expect(sessionStorage).toHaveLength(0);
});

test("of somebody new all is sent", async () => {
  const seen = await open("");
  await seen.press("people.add");
  expect(seen.button("people.save").disabled).toBe(true);
  await seen.write("people.name", "Anna Lee");
  await seen.press("people.save");
  expect(acted("add_person")).toEqual([
    { name: "Anna Lee", external_id: "", kind: "staff", groups: [], valid_from: "", valid_until: "" },
  ]);
});

test("somebody who is gone is said to be gone, and cannot be saved", async () => {
  const seen = await open("/id7");
  people.splice(7, 1);
  await tick(seen);
  expect(seen.text).toContain("people.person_gone");
  expect(seen.button("people.save").disabled).toBe(true);
});

test("somebody is erased when their name was written", async () => {
  const seen = await open("/id7");
  await seen.press("people.erase");
  const erase = (): HTMLButtonElement => seen.one<HTMLButtonElement>("button.danger");
  expect(erase().disabled).toBe(true);
  await seen.write("confirm.write", "Person 7");
  erase().click();
  await settled();
  expect(acted("remove_person")).toEqual([{ person: "id7", from_terminals: false }]);
  expect(server.notified.at(-1)).toContain("people.erased Person 7 4");
  expect(location.pathname).toBe("/syncid/people");
});

test("who is erased is removed from the terminals too, if that is wished", async () => {
  const terminals = [{ removed: true }, { removed: false }, { removed: false, queued: true }];
  answers["act"] = () => ({ answer: { deleted: { punches: 4 }, terminals } });
  const seen = await open("/id7");
  await seen.press("people.erase");
  expect(seen.text).toContain("people.erase_from Gate");
  seen.field("people.erase_from").click();
  await seen.write("confirm.write", "Person 7");
  seen.one("button.danger").click();
  await settled();
  expect(acted("remove_person")).toEqual([{ person: "id7", from_terminals: true }]);
  expect(server.notified.at(-1)).toBe("people.erased Person 7 4 0 0 0 1 people.erased_later 1");
});

test("who is at no terminal cannot be removed from one", async () => {
  people[7]!.users = [];
  const seen = await open("/id7");
  await seen.press("people.erase");
  expect(seen.all("[type=checkbox]")).toEqual([]);
});

test("who has to write something can begin at once", async () => {
  const seen = await open("/id7");
  await seen.press("people.erase");
  const field = seen.field("confirm.write");
  expect((field.getRootNode() as ShadowRoot).activeElement).toBe(field);
});

test("a user is taken for whom they are thought to be, for somebody else, or as somebody new", async () => {
  const seen = await open("?view=nobody");
  await seen.press("people.is Person 5");
  await seen.press("people.take_all");
  expect(acted("map_user")).toEqual([{ device_id: ["d1"], user_id: "77", person: "id5" }]);
  expect(server.begun).toEqual([{ action: "automap", data: {} }]);
  await seen.press("people.who");
  const dialog = seen.all("sid-dialog").at(-1)!;
  // Nobody is called Grace.
  expect(dialog.querySelectorAll("li").length).toBeGreaterThan(10);
  const search = dialog.querySelector<HTMLInputElement>("input[type=search]")!;
  search.value = "Person 4242";
  search.dispatchEvent(new Event("input"));
  await settled(300);
  await seen.press("people.is Person 4242");
  expect(acted("map_user").at(-1)).toEqual({ device_id: ["d1"], user_id: "77", person: "id4242" });
  seen.all("sid-dialog").at(-1)?.dispatchEvent(new Event("closed", { bubbles: true, composed: true }));
  await settled();
  await seen.press("people.who");
  await seen.press("people.as_new");
  expect(seen.field("people.name").value).toBe("Grace");
  await seen.press("people.save");
  expect(acted("add_person").at(-1)).toMatchObject({ name: "Grace", external_id: "77" });
  expect(acted("map_user").at(-1)).toEqual({ device_id: ["d1"], user_id: "77", person: "new" });
});

test("whom a user was taken for is said, and can be undone", async () => {
  const seen = await open("?view=nobody");
  const told: CustomEvent[] = [];
  seen.element.addEventListener("hass-notification", (event) => told.push(event as CustomEvent));
  await seen.press("people.is Person 5");
  expect(server.notified).toEqual(["people.mapped Grace Gate Person 5"]);
  const { text, action } = told[0]!.detail.action;
  expect([text, acted("unmap_user")]).toEqual(["people.undo", []]);
  action();
  await settled();
  expect(acted("unmap_user")).toEqual([{ device_id: ["d1"], user_id: "77" }]);
});

test("who is a new person is said by name, and why somebody is not", async () => {
  answers["people/adopt"] = () => ({ people: 1, unnamed: 0, users: 1, marks: 3 });
  const seen = await open("?view=nobody");
  await seen.press("people.new_person");
  expect(server.asked("people/adopt").map((one) => one.user_ids)).toEqual([["77"]]);
  expect(server.notified).toEqual(["people.adopted_one Grace 3"]);
  answers["people/adopt"] = () => {
    throw { code: "home_assistant_error", message: "The disk is full." };
  };
  await seen.press("people.new_person");
  expect(server.notified.at(-1)).toBe("The disk is full.");
  expect(seen.button("people.new_person").disabled).toBe(false);
});

test("what somebody left who is nobody is erased when their name was written", async () => {
  answers.act = () => ({ answer: { deleted: { punches: 3, photos: 1 } } });
  const seen = await open("?view=nobody");
  await seen.press("people.forget Grace");
  const erase = (): HTMLButtonElement => seen.one<HTMLButtonElement>("button.danger");
  expect(seen.text).toContain("confirm.forget_user Grace 77 Gate 3");
  expect(erase().disabled).toBe(true);
  await seen.write("confirm.write", "grace");
  erase().click();
  await settled();
  expect(acted("forget_user")).toEqual([{ device_id: ["d1"], user_id: "77" }]);
  expect(server.notified).toEqual(["people.forgotten Grace 3 1"]);
  expect(seen.all("sid-confirm")).toEqual([]);
});

test("who left nothing has nothing to be erased", async () => {
  answers["people/nobody"] = () => ({ count: 1, certain: 0, users: [{ ...nobody, punches: 0 }] });
  const seen = await open("?view=nobody");
  expect(seen.text).toContain("people.new_person");
  expect(seen.text).not.toContain("people.forget");
});

test("a button of somebody is not another one's when the list moves up", async () => {
  const others = [nobody, { ...nobody, user_id: "78", name: "Hugo", person_id: null, person: null }];
  answers["people/nobody"] = () => ({ count: others.length, certain: 0, users: others });
  const seen = await open("?view=nobody");
  const [first] = seen.all("li button");
  others.shift();
  await tick(seen);
  expect(seen.one("li").dataset.user).toBe("78");
  expect(first!.isConnected).toBe(false);
});

test("what is written of one user is not written of another one", async () => {
  const seen = await open("/7?view=users");
  await seen.press("people.rename");
  await seen.write("people.name", "Grace");
  history.replaceState(null, "", "/syncid/people/8?view=users");
  seen.all("sid-users").forEach(() => window.dispatchEvent(new Event("location-changed")));
  await settled();
  await settled();
  expect(seen.text).not.toContain("people.rename_title");
  await seen.press("people.rename");
  expect(seen.field("people.name").value).toBe("User 8");
});

test("a user far beyond the first page: where they are, and where they are not", async () => {
  const seen = await open("/7777?view=users");
  const dialog = seen.one("sid-user");
  expect(dialog.shadowRoot!.querySelector("sid-dialog")!.shadowRoot!.querySelector("h2")!.textContent).toBe("User 7777");
  expect(dialog.shadowRoot!.textContent).toMatch(/Gate[\s\S]*people\.fingers 2[\s\S]*people\.missing_at[\s\S]*Office/);
  // Terminals read all they have for the templates: not once more because somebody was mapped.
  await tick(seen);
  expect(server.asked("users/templates")).toHaveLength(1);
});

test("a user is renamed where they are, and removed in words", async () => {
  const seen = await open("/7?view=users");
  await seen.press("people.rename");
  await seen.write("people.name", "Grace");
  await seen.press("people.rename");
  expect(server.begun).toEqual([{ action: "update_user", data: { device_id: ["d1"], user_id: "7", name: "Grace" } }]);
  await seen.press("people.remove");
  const remove = (): HTMLButtonElement => seen.one<HTMLButtonElement>("button.danger");
  expect(remove().disabled).toBe(true);
  await seen.write("confirm.write", "user 7");
  remove().click();
  await settled();
  expect(server.begun.at(-1)).toEqual({ action: "remove_user", data: { device_id: ["d1"], user_id: "7" } });
});

test("a user that is not this person stays in their place, and is theirs again at one press", async () => {
  const place = (user_id: string) => ({ serial: "A1", terminal: "Gate", device_id: "d1", user_id });
  people[5] = { ...person(5), users: [place("5"), place("6")] };
  const seen = await open("/id5");
  const lines = (): string[] => seen.all("sid-person")[0]!.shadowRoot!.querySelector("section ul")!.textContent!.trim().split(/\s{2,}/);
  const before = lines();
  await seen.press("people.unmap");
  expect(acted("unmap_user")).toEqual([{ device_id: ["d1"], user_id: "5" }]);
  people[5] = { ...person(5), users: [place("6")] };
  await tick(seen);
  expect(lines().filter((one) => /^(Gate [56]|people\.(undo|unmap|of_nobody))$/.test(one))).toEqual(["Gate 5", "people.of_nobody", "people.undo", "Gate 6", "people.unmap"]);
  await seen.press("people.undo");
  expect(acted("map_user")).toEqual([{ device_id: ["d1"], user_id: "5", person: "id5" }]);
  people[5] = { ...person(5), users: [place("6"), place("5")] };
  await tick(seen);
  expect(lines()).toEqual(before);
});

test("a user stays this person's where it is refused", async () => {
  const seen = await open("/id5");
  answers["act"] = () => Promise.reject({ code: "home_assistant_error", message: "The gate is gone." });
  await seen.press("people.unmap");
  expect(seen.text).toContain("The gate is gone.");
  expect(() => seen.button("people.undo")).toThrow("no button");
});
