/** Terminals: which are well, and what is begun at one of them. */

import { afterEach, beforeEach, expect, test } from "vitest";

import type { Job, TerminalRow } from "../src/types";
import { Seen, Server, settled, type Answers } from "./server";

import "../src/pages/terminals";

const terminal = (at: number, more: Partial<TerminalRow> = {}): TerminalRow => ({
  entry_id: `e${at}`,
  device_id: `d${at}`,
  serial: `S${at}`,
  name: `Gate ${at}`,
  road: "terminal",
  mode: "live",
  state: "ready",
  problem: null,
  online: true,
  address: "192.0.2.1",
  model: "iFace702",
  firmware: null,
  clock_drift: 0,
  bars: [{ kind: "users", used: 95, room: 100 }],
  last_seen: null,
  last_punch: null,
  last_delivery: null,
  waiting: null,
  actions: ["collect_records", "sync_time", "restart", "clear_records"],
  ...more,
});

let all: TerminalRow[];
let answers: Answers;
let server: Server;

beforeEach(() => {
  all = Array.from({ length: 30 }, (_, at) => terminal(at));
  answers = {
    "terminals/list": ({ only, serial, offset = 0, limit }) => {
      const fit = all.filter((one) => (!serial || one.serial === serial) && (only !== "offline" || !one.online));
      return { total: all.length, online: 29, troubled: 1, count: fit.length, terminals: fit.slice(offset, offset + limit) };
    },
    "groups/list": () => ({ groups: [] }),
    "punches/list": () => ({ punches: [], cursor: null }),
  };
  server = new Server(answers);
});
afterEach(() => document.body.replaceChildren());

async function open(address = ""): Promise<Seen> {
  history.replaceState(null, "", `/syncid/terminals${address}`);
  return Seen.show("sid-terminals", server);
}
const names = (seen: Seen): string[] => seen.all("article h2").map((one) => one.textContent!.trim());

test("terminals, turned, filtered and sorted", async () => {
  all[3] = terminal(3, { online: false });
  const seen = await open();
  expect(names(seen)).toHaveLength(24);
  await seen.press("common.next");
  expect(names(seen)).toEqual(["Gate 24", "Gate 25", "Gate 26", "Gate 27", "Gate 28", "Gate 29"]);
  await seen.press("terminals.only.offline");
  expect(names(seen)).toEqual(["Gate 3"]);
  await seen.write("common.sort_by", "fill");
  // Whose greatest comes first.
  expect(server.asked("terminals/list").at(-1)).toMatchObject({ only: "offline", sort: "fill", descending: true, offset: 0 });
  all[3] = terminal(3);
  await seen.press("terminals.only.troubled");
  await seen.press("terminals.only.offline");
  expect(seen.text).toContain("common.nothing_fits");
});

test("something that does no harm is begun at once, and not where nobody hears it", async () => {
  all = [terminal(1), terminal(2, { online: false })];
  const seen = await open();
  const collect = seen.all<HTMLButtonElement>("article button").filter((one) => one.textContent!.includes("collect_records"));
  expect(collect.map((one) => one.disabled)).toEqual([false, true]);
  collect[0]!.click();
  expect(server.begun).toEqual([{ action: "collect_records", data: { device_id: "d1" } }]);
});

test("what is under way is looked at, and not begun again", async () => {
  all = [terminal(1)];
  const job = { id: "j1", action: "restart", state: "running", targets: ["S1"] } as unknown as Job;
  const shown: string[] = [];
  const seen = await open("/S1");
  seen.element.ctx = await server.context({ jobs: [job], showJob: (id) => shown.push(id) });
  await settled();
  const button = seen.all<HTMLButtonElement>("button.action").find((one) => one.textContent!.includes("actions.restart.name"))!;
  expect(button.textContent).toContain("jobs.states.running");
  button.click();
  await settled();
  expect([shown, server.begun]).toEqual([["j1"], []]);
});

test("one terminal: full where it is, and asked first or in words", async () => {
  const seen = await open("/S7");
  expect(seen.one("h2").textContent).toBe("Gate 7");
  expect(seen.all(".bar.full")).toHaveLength(1);
  await seen.press("actions.restart.name");
  expect(server.begun).toEqual([]);
  seen.one<HTMLButtonElement>("sid-dialog button.main").click();
  await settled();
  expect(server.begun).toEqual([{ action: "restart", data: { device_id: "d7" } }]);
  await seen.press("actions.clear_records.name");
  expect(seen.one<HTMLButtonElement>("sid-dialog button.danger").disabled).toBe(true);
  await seen.write("confirm.write", "gate 7 ");
  seen.one<HTMLButtonElement>("sid-dialog button.danger").click();
  await settled();
  expect(server.begun.at(-1)).toEqual({ action: "clear_records", data: { device_id: "d7" } });
});

test("a terminal that is gone is said to be gone, and leads back", async () => {
  const seen = await open("/gone");
  expect(seen.text).toContain("terminals.gone");
  await seen.press("terminals.back");
  expect(names(seen)).toHaveLength(24);
});
