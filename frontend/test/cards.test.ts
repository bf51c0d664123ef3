// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";

import { check, form, type CardConfig } from "../src/cards/config";
import { Seen, find, peopleOf, punchOf, type DashboardHass, type EntityState } from "../src/cards/entities";
import { dashboard } from "../src/cards/strategy";
import type { Message } from "../src/hass";

const state = (entity_id: string, state: string, attributes: Record<string, unknown> = {}): EntityState => ({
  entity_id,
  state,
  attributes,
});

const punch = (at: string, user: string, terminal = "event.gate_punch", more: Record<string, unknown> = {}) =>
  state(terminal, at, { event_type: "check_in", user_id: user, device_name: "Gate", ...more });

type Home = Pick<DashboardHass, "entities" | "states">;

function home(...given: [entity_id: string, key: string, platform?: string][]): Home {
  return {
    entities: Object.fromEntries(
      given.map(([entity_id, translation_key, platform = "syncid"]) => [entity_id, { entity_id, translation_key, platform }]),
    ),
    states: Object.fromEntries(given.map(([id]) => [id, state(id, "1")])),
  };
}

const SITE: [string, string][] = [
  ["sensor.syncid_on_site", "on_site"],
  ["sensor.renamed", "late"],
  ["event.gate_punch", "punch"],
];

// --- what is found ---

test("entities are found whatever they are called, and nobody else's", () => {
  expect(find(home(...SITE, ["sensor.other", "late", "other"], ["sensor.gate_faces", "faces"]))).toEqual({
    counts: { on_site: "sensor.syncid_on_site", late: "sensor.renamed" },
    punches: ["event.gate_punch"],
  });
});

test("what somebody may not see is not found", () => {
  const given = home(...SITE);
  delete given.states["event.gate_punch"];
  given.entities["sensor.renamed"]!.hidden = true;
  expect(find(given)).toEqual({ counts: { on_site: "sensor.syncid_on_site" }, punches: [] });
});

test("people, those who are not named, and who may know better", () => {
  const there = state("sensor.x", "3", { people: ["Amina", "Bilal"], terminals_away: ["Gate"] });
  expect(peopleOf(there)).toEqual({ count: 3, names: ["Amina", "Bilal"], more: 1, away: ["Gate"] });
  expect(peopleOf(state("sensor.x", "2"))).toEqual({ count: 2, names: [], more: 2, away: [] });
});

test.each(["unavailable", "unknown", "many"])("nothing is made up of %s", (said) => {
  expect(peopleOf(state("sensor.x", said))).toBeUndefined();
  expect(punchOf(state("event.x", said))).toBeUndefined();
});

test("who punched: the person, else the user's name, else the number", () => {
  const at = "2026-11-21T08:00:00+00:00";
  expect(punchOf(punch(at, "7"))?.name).toBe("7");
  expect(punchOf(punch(at, "7", "event.g", { user_name: "amina" }))?.name).toBe("amina");
  expect(punchOf(punch(at, "7", "event.g", { user_name: "amina", person: "Amina K." }))?.name).toBe("Amina K.");
  expect(punchOf(punch(at, "7", "event.g", { time: "2026-11-21T07:59:58+00:00" }))?.time).toBe("2026-11-21T07:59:58+00:00");
});

// --- last punches ---

test("punches are seen once, the latest first, and not for ever", () => {
  const seen = new Seen(3);
  const at = (minute: number) => `2026-11-21T08:0${minute}:00+00:00`;
  seen.take([punch(at(2), "2"), undefined]);
  seen.take([punch(at(2), "2"), punch(at(1), "1", "event.office_punch")]);
  const both = ["event.gate_punch", "event.office_punch"];
  expect(seen.latest(both, 5).map(({ name }) => name)).toEqual(["2", "1"]);
  expect(seen.latest(["event.office_punch"], 5).map(({ name }) => name)).toEqual(["1"]);
  seen.take([punch(at(3), "3")]);
  seen.take([punch(at(4), "4")]);
  expect(seen.latest(both, 5).map(({ name }) => name)).toEqual(["4", "3", "2"]);
  expect(seen.latest(both, 1).map(({ name }) => name)).toEqual(["4"]);
});

// --- settings ---

test("settings that are not given, and those that are wrong", () => {
  const type = "custom:syncid-card";
  expect(check({ type })).toEqual({ type, title: "", show: ["in", "late", "punches"], punches: 5 });
  expect(check({ type, title: null, punches: null } as unknown as CardConfig).punches).toBe(5);
  expect(check({ type, show: ["punches", "in"] }).show).toEqual(["in", "punches"]);
  for (const wrong of [{ show: ["all"] }, { show: "in" }, { punches: 0 }, { punches: 2.5 }, { punches: 21 }])
    expect(() => check({ type, ...wrong } as unknown as CardConfig)).toThrow(/show|punches/);
});

test("the form has a label for each setting", () => {
  const { schema, computeLabel } = form((key) => `<${key}>`);
  for (const field of schema) expect(computeLabel(field)).toMatch(/^<card\.label_/);
});

// --- the dashboard ---

test("a dashboard of what is there", () => {
  const { title, views } = dashboard({}, home(...SITE), "Attendance");
  expect(title).toBe("Attendance");
  expect(views[0]?.sections.map(({ cards }) => cards.map(({ entity, show }) => entity ?? show))).toEqual([
    ["sensor.syncid_on_site", "sensor.renamed", ["in"]],
    [["late"], ["punches"]],
  ]);
  expect(views[0]?.sections[1]?.cards[1]).toMatchObject({ type: "custom:syncid-card", punches: 10 });
});

test("a dashboard of one thing, and of none", () => {
  const shown = dashboard({ show: ["punches"], punches: 3 }, home(), "Attendance").views[0]?.sections;
  expect(shown).toEqual([{ type: "grid", cards: [{ type: "custom:syncid-card", show: ["punches"], punches: 3 }] }]);
  expect(dashboard({ show: [] }, home(), "Attendance").views[0]?.sections).toEqual([]);
});

// --- the card ---

const TEXTS: Record<string, string> = {
  more: "and {count} more",
  in: "In the building",
  nobody_late: "Nobody is late.",
  dashboard: "Attendance",
  label_punches: "How many",
};
const resources = Object.fromEntries(Object.entries(TEXTS).map(([key, text]) => [`component.syncid.config_panel.card.${key}`, text]));

/** As Home Assistant's page is to whoever asks second: it says that all texts are there, while none is yet. */
function hass(given: Home, states: EntityState[] = [], asked: Message[] = []): DashboardHass {
  return {
    ...given,
    states: { ...given.states, ...Object.fromEntries(states.map((one) => [one.entity_id, one])) },
    language: "en",
    locale: { language: "en" },
    config: { time_zone: "Asia/Karachi" },
    connection: {},
    callWS: async (message: Message) => {
      asked.push(message);
      return { resources };
    },
    loadBackendTranslation: async () => () => "",
  } as unknown as DashboardHass;
}

interface Card extends HTMLElement {
  hass: DashboardHass;
  setConfig(config: CardConfig): void;
  updateComplete: Promise<boolean>;
}

let card: Card;
const shown = async () => {
  await new Promise((done) => setTimeout(done));
  await card.updateComplete;
  return card.shadowRoot?.textContent?.replace(/\s+/g, " ") ?? "";
};

beforeEach(async () => {
  await import("../src/cards/main");
  card = document.createElement("syncid-card") as Card;
  document.body.replaceChildren(card);
});

test("the card follows the entities, also when Home Assistant has no card of its own", async () => {
  const given = home(...SITE);
  card.setConfig({ type: "custom:syncid-card" });
  card.hass = hass(given, [state("sensor.syncid_on_site", "3", { people: ["Amina"] }), state("sensor.renamed", "0")]);
  const before = await shown();
  expect(before).toContain("Amina");
  expect(before).toContain("and 2 more");
  expect(before).toContain("Nobody is late.");
  card.hass = hass(given, [punch("2026-11-21T03:05:00Z", "7", "event.gate_punch", { person: "Bilal" })]);
  expect(await shown()).toContain("Bilal");
});

test("who sees no entity is told", async () => {
  card.setConfig({ type: "custom:syncid-card", title: "Staff" });
  card.hass = hass({ entities: {}, states: {} });
  expect(await shown()).toMatch(/Staff.*card\.nothing/);
});

test("the card and the dashboard are offered, once", async () => {
  const { customCards, customStrategies } = window as unknown as Record<string, { type: string }[]>;
  expect(customCards?.map(({ type }) => type)).toEqual(["syncid-card"]);
  expect(customStrategies?.map(({ type }) => type)).toEqual(["syncid"]);
  expect(customElements.get("ll-strategy-dashboard-syncid")).toBeDefined();
});

// --- texts that Home Assistant has only begun to load ---

test("cards have their texts, and ask once for all of a page", async () => {
  const asked: Message[] = [];
  const now = hass(home(...SITE), [state("sensor.syncid_on_site", "2", { people: ["Amina"] })], asked);
  const other = document.createElement("syncid-card") as Card;
  document.body.append(other);
  for (const one of [card, other]) {
    one.setConfig({ type: "custom:syncid-card" });
    one.hass = now;
    one.hass = { ...now };
  }
  const text = await shown();
  expect(text).toContain("In the building");
  expect(text).toContain("and 1 more");
  expect(other.shadowRoot?.textContent).toContain("In the building");
  expect(asked).toEqual([{ type: "frontend/get_translations", language: "en", category: "config_panel", integration: ["syncid"] }]);
});

test("a dashboard, and its settings, are called something at once", async () => {
  const now = hass(home(...SITE));
  const strategy = customElements.get("ll-strategy-dashboard-syncid") as unknown as {
    generate(config: object, hass: DashboardHass): Promise<{ title: string }>;
    getCreateSuggestions(hass: DashboardHass): Promise<{ title: string }>;
  };
  expect((await strategy.generate({}, now)).title).toBe("Attendance");
  expect((await strategy.getCreateSuggestions(now)).title).toBe("Attendance");
  document.body.append(Object.assign(document.createElement("home-assistant"), { hass: now }));
  const { getConfigForm } = customElements.get("syncid-card") as unknown as { getConfigForm(): Promise<ReturnType<typeof form>> };
  expect((await getConfigForm()).computeLabel({ name: "punches" })).toBe("How many");
});

test("texts that were lost with the connection are asked for again", async () => {
  const now = hass(home(...SITE));
  card.setConfig({ type: "custom:syncid-card", title: "Staff" });
  card.hass = { ...now, callWS: async () => Promise.reject(3) } as unknown as DashboardHass;
  expect(await shown()).not.toContain("Staff");
  card.hass = now;
  expect(await shown()).toContain("In the building");
});
