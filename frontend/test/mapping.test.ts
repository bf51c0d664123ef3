/** Somebody who punches and is nobody yet, on the page where they are seen. */

import { afterEach, expect, test } from "vitest";

import "../src/pages/live";
import { Stage, button, settled } from "./stage";

afterEach(() => document.body.replaceChildren());

const punch = { device: "A1", device_id: "d1", device_name: "Gate", user_id: "7", user_name: "Grace", person_id: null, person: null, time: "2026-11-21T08:00:00Z", direction: "check_in", method: "face", source: "realtime", picture: null, live: null };
const today = { terminals: 1, online: 1, people: 3, punches: 1, users: 1, on_site: 0, unmapped: 1, statuses: {}, arrivals: [], hours: [] };
const grace = { person_id: "p1", name: "Grace Okafor", external_id: "G7", groups: [], users: [] };

test("who is nobody is mapped on Live, and is called so at once", async () => {
  const stage = new Stage();
  stage.answer = ({ type }) =>
    type === "syncid/live/today" ? today : type === "syncid/people/list" ? { people: [grace], count: 1 } : { answer: {} };
  const live = await stage.show("sid-live", {});
  stage.told.at(-1)?.({ reset: true, punches: [punch] });
  await settled(live);
  const before = location.href;
  button(live, "live.nobody").click();
  await settled(live);
  const person = live.shadowRoot.querySelector("sid-person");
  await settled(person);
  expect(stage.said.find((one) => one.type === "syncid/people/list")?.search).toBe("Grace");
  button(person, "people.choose").click();
  await settled(live);
  expect(stage.done).toEqual([["map_user", { device_id: ["d1"], user_id: "7", person: "p1" }]]);
  expect(live.shadowRoot.querySelector("sid-person")).toBeNull();
  expect(location.href).toBe(before);
  // The punches are told once more.
  expect(stage.told).toHaveLength(2);
  stage.told.at(-1)?.({ reset: true, punches: [{ ...punch, person_id: "p1", person: "Grace Okafor" }] });
  await settled(live);
  expect(live.shadowRoot.querySelector("li").textContent).toContain("Grace Okafor");
  expect(button(live, "live.nobody")).toBeUndefined();
});

test("whom no terminal has any more nobody can be mapped to", async () => {
  const stage = new Stage();
  stage.answer = () => today;
  const live = await stage.show("sid-live", {});
  stage.told.at(-1)?.({ reset: true, punches: [{ ...punch, device_id: null }] });
  await settled(live);
  expect(button(live, "live.nobody")).toBeUndefined();
});
