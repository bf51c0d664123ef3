// @vitest-environment jsdom
import { expect, test } from "vitest";

import type { Context } from "../src/context";
import { Format } from "../src/format";
import type { Hass } from "../src/hass";
import type { Present, RollCall } from "../src/types";
import type { SidRollCall } from "../src/ui/rollcall";
import { Seen, Server, settled } from "./server";

import "../src/ui/rollcall";

const hass = { language: "en", locale: { language: "en" }, config: { time_zone: "UTC" } } as unknown as Hass;
const present = (person: string, not_checked_out: boolean): Present => ({
  person_id: person,
  person,
  presence: "in",
  since: null,
  last_seen: null,
  device: "Gate",
  area: null,
  not_checked_out,
  accounted: null,
  accounted_at: null,
});

test("who never checked out is told apart from who is in", async () => {
  const call: RollCall = {
    call: "1",
    time: "2026-11-20T05:47:00Z",
    drill_started: null,
    count: 2,
    missing: 0,
    not_checked_out: 1,
    people: [present("Amina", false), present("Bilal", true)],
    points: [],
    unknown: 1,
    strangers: ["2077 (Gate)"],
  };
  const t = (key: string): string => key;
  const element = document.createElement("sid-rollcall") as SidRollCall;
  element.ctx = {
    hass: () => ({ ...hass, callWS: async () => call }),
    t,
    f: new Format(hass),
    texts: { error: String },
    changed: { marks: 0, punches: 0 },
  } as unknown as Context;
  HTMLDialogElement.prototype.showModal = () => {};
  document.body.append(element);
  const lists = (): string[] =>
    [...(element.shadowRoot?.querySelectorAll("ul") ?? [])].map((list) => [...list.querySelectorAll("strong")].map((one) => one.textContent).join());
  await settled();
  await settled();
  expect(lists()).toEqual(["Amina", "Bilal"]);
  expect(element.shadowRoot?.querySelector("section h3")?.textContent).toBe("rollcall.left_out");
  expect(element.shadowRoot?.querySelector(".notice")?.textContent).toBe("rollcall.unknown · 2077 (Gate)");
});

test("who leafs through a list that became short sees its last page", async () => {
  let count = 401;
  const asked: number[] = [];
  const server = new Server({
    "rollcall": ({ offset }): RollCall => {
      asked.push(offset);
      const people = Array.from({ length: Math.max(0, Math.min(200, count - offset)) }, (_, at) => present(`Person ${offset + at}`, false));
      return { call: "1", time: "2026-11-20T05:47:00Z", drill_started: null, count, missing: 0, not_checked_out: 0, people, points: [], unknown: 0, strangers: [] };
    },
  });
  const seen = await Seen.show("sid-rollcall", server);
  await seen.press("common.next");
  await seen.press("common.next");
  expect(seen.all("li strong").map((one) => one.textContent)).toEqual(["Person 400"]);
  count = 300;
  server.changed.marks += 1;
  seen.element.ctx = await server.context();
  await settled(3000);
  await settled();
  expect(asked).toEqual([0, 200, 400, 400, 200]);
  expect(seen.all("li strong")).toHaveLength(100);
});

const points = ["Yard", "Cellar"].map((name) => ({ serial: name.toUpperCase(), name }));

/** A server whose drill is that of all admins. */
function drilling(): Server {
  const server: Server = new Server({
    "rollcall": (): RollCall => ({
      call: "1",
      time: "2026-11-20T05:50:00Z",
      drill_started: server.drill?.started ?? null,
      count: 1,
      missing: 0,
      not_checked_out: 0,
      people: [{ ...present("Amina", false), last_seen: "2026-11-20T03:10:00Z", ...(server.drill ? { accounted: true, accounted_at: "2026-11-20T05:48:00Z" } : {}) }],
      points,
      unknown: 0,
      strangers: [],
    }),
  });
  return server;
}

/** Has an element hear what became of the drill. */
async function heard(seen: Seen, server: Server): Promise<void> {
  seen.element.ctx = await server.context();
  await settled();
  await settled();
}

test("a drill is of the terminals that are chosen, and tells when somebody came there", async () => {
  const server = drilling();
  const seen = await Seen.show("sid-rollcall", server);
  expect(seen.all<HTMLInputElement>("fieldset input").map((one) => one.checked)).toEqual([true, true]);
  seen.field("Cellar").click();
  await settled();
  await seen.press("rollcall.drill");
  expect(server.asked("drill/begin").at(-1)).toMatchObject({ assembly: ["YARD"] });
  server.drill = { ...server.drill!, assembly: ["Yard"] };
  await heard(seen, server);
  expect(seen.text).toMatch(/rollcall.since_at .* Yard \|/);
  expect(seen.one("li .num").textContent).toContain("05:48");
});

test("who opens the roll call takes part in the drill of another admin", async () => {
  const server = drilling();
  const seen = await Seen.show("sid-rollcall", server);
  expect(seen.text).not.toContain("rollcall.missing");
  server.drill = { started: "2026-11-20T05:47:00Z", by: "Ann", assembly: [] };
  await heard(seen, server);
  expect(seen.text).toContain("rollcall.missing 0 1");
  server.drill = null;
  await heard(seen, server);
  expect(seen.button("rollcall.drill")).toBeTruthy();
});

test("a drill ends when that was written, and not by a press alone", async () => {
  const server = drilling();
  server.drill = { started: "2026-11-20T05:47:00Z", by: "Ann", assembly: [] };
  const seen = await Seen.show("sid-rollcall", server);
  await seen.press("rollcall.end");
  const sure = (): HTMLButtonElement => seen.one<HTMLButtonElement>("button.danger");
  expect(sure().disabled).toBe(true);
  await seen.press("common.cancel");
  expect(server.asked("drill/end")).toEqual([]);
  expect(seen.all("sid-rollcall, .big")).not.toEqual([]);
  await seen.press("rollcall.end");
  await seen.write("confirm.write", "rollcall.word");
  sure().click();
  await settled();
  expect(server.asked("drill/end")).toHaveLength(1);
  await heard(seen, server);
  expect(seen.button("rollcall.drill")).toBeTruthy();
});
