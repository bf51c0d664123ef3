/** Somebody who punches and is nobody yet, on the page where they are seen. */

import { afterEach, expect, test } from "vitest";

import { Seen, Server, settled } from "./server";

import "../src/pages/live";

afterEach(() => document.body.replaceChildren());

const punch = { device: "A1", device_id: "d1", device_name: "Gate", user_id: "7", user_name: "Grace", person_id: null, person: null, time: "2026-11-21T08:00:00Z", direction: "check_in", method: "face", source: "realtime", picture: null, live: null };
const today = { terminals: 1, online: 1, people: 3, punches: 1, users: 1, on_site: 0, unmapped: 1, statuses: {}, arrivals: [], hours: [] };
const grace = { person_id: "p1", name: "Grace Okafor", external_id: "G7", groups: [], users: [] };

const live = (): [Server, Promise<Seen>] => {
  const server = new Server({
    "live/today": () => today,
    "people/list": () => ({ people: [grace], count: 1 }),
    act: () => ({ answer: {} }),
  });
  return [server, Seen.show("sid-live", server)];
};

async function tell(server: Server, more: object): Promise<void> {
  server.tell("live/subscribe", { reset: true, punches: [{ ...punch, ...more }] });
  await settled();
}

test("who is nobody is mapped on Live, and is called so at once", async () => {
  const [server, showing] = live();
  const seen = await showing;
  const listeners = (): unknown[] => [...(server.heard.get("syncid/live/subscribe") ?? [])];
  const [before] = listeners();
  await tell(server, {});
  const { href } = location;
  await seen.press("live.nobody");
  expect(server.asked("people/list")[0]?.search).toBe("Grace");
  await seen.press("people.is Grace Okafor");
  expect(server.done).toEqual([["map_user", { device_id: ["d1"], user_id: "7", person: "p1" }]]);
  expect(seen.all("sid-person")).toEqual([]);
  expect(location.href).toBe(href);
  // The punches are told once more: to somebody else, and to nobody twice.
  expect(listeners()).toHaveLength(1);
  expect(listeners()).not.toContain(before);
  await tell(server, { person_id: "p1", person: "Grace Okafor" });
  expect(seen.one("li").textContent).toContain("Grace Okafor");
  expect(() => seen.button("live.nobody")).toThrow("no button");
});

test("whom no terminal has any more nobody can be mapped to", async () => {
  const [server, showing] = live();
  const seen = await showing;
  await tell(server, { device_id: null });
  expect(seen.one("li").textContent).toContain("Grace");
  expect(() => seen.button("live.nobody")).toThrow("no button");
});
