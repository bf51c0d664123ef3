import { expect, test } from "vitest";

import type { Hass } from "../src/hass";
import { Format } from "../src/format";
import { Texts } from "../src/texts";

const known: Record<string, string> = {
  "component.syncid.config_panel.a.b": "Hello {name}",
  "component.syncid.config_panel.common.not_ready": "Wait",
  "component.syncid.exceptions.away.message": "{name} is away",
};
const localize = (key: string, values: Record<string, unknown> = {}): string =>
  (known[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
const hass = {
  language: "en",
  locale: { language: "en-GB", time_format: "24" },
  config: { time_zone: "Asia/Karachi" },
  loadBackendTranslation: async () => localize,
} as unknown as Hass;

test("texts, and words that nobody has translated", async () => {
  const texts = await Texts.load(hass);
  expect(texts.t("a.b", { name: "Amina" })).toBe("Hello Amina");
  expect(texts.word("a", "c")).toBe("c");
});

test("errors in the user's language where it is known", async () => {
  const texts = await Texts.load(hass);
  const error = { code: "home_assistant_error", message: "raw" };
  expect(texts.error({ ...error, translation_key: "away", translation_placeholders: { name: "Gate" } })).toBe("Gate is away");
  expect(texts.error({ ...error, translation_key: "other" })).toBe("raw");
  expect(texts.error({ code: "unknown_command", message: "raw" })).toBe("Wait");
});

test("times are those of Home Assistant's place, not of the browser's", () => {
  const format = new Format(hass);
  expect(format.time("2026-11-21T03:05:00Z")).toBe("08:05");
  const now = new Date("2026-11-21T20:00:00Z"); // the 22nd in Karachi
  expect(format.moment("2026-11-21T03:05:00Z", now)).toContain("21 Nov");
  expect(format.moment("2026-11-21T19:05:00Z", now)).toBe("00:05");
});

test("how wrong a clock is, in the unit that says it", () => {
  const format = new Format(hass);
  expect(format.seconds(-45)).toMatch(/^-45/);
  expect(format.seconds(7200)).toMatch(/^\+2 h/);
  expect(format.seconds(-259200)).toMatch(/^-3 day/);
});

test("a language that browsers do not know is no reason to show nothing", () => {
  const odd = new Format({ ...hass, locale: { language: "x_y!" } } as Hass);
  expect(odd.number(1234)).toBe("1,234");
});
