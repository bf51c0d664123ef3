import { expect, test } from "vitest";

import ar from "../../custom_components/syncid/translations/ar.json";
import en from "../../custom_components/syncid/translations/en.json";
import fr from "../../custom_components/syncid/translations/fr.json";
import sw from "../../custom_components/syncid/translations/sw.json";
import type { Hass, Message } from "../src/hass";
import { Format } from "../src/format";
import { Texts } from "../src/texts";

const known: Record<string, string> = {
  "component.syncid.config_panel.a.b": "Hello {name}",
  "component.syncid.config_panel.common.not_ready": "Wait",
  "component.syncid.config_panel.common.invalid": "Look again",
  "component.syncid.exceptions.away.message": "{name} is away",
};
const hass = {
  language: "en",
  locale: { language: "en-GB", time_format: "24" },
  config: { time_zone: "Asia/Karachi" },
  connection: {},
  callWS: async ({ category }: Message) => ({
    resources: Object.fromEntries(Object.entries(known).filter(([key]) => key.startsWith(`component.syncid.${String(category)}.`))),
  }),
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
  // What a schema says, of a command and of a job.
  expect(texts.error({ code: "invalid_format", message: "expected int @ data['x']" })).toBe("Look again");
  expect(texts.problem({ key: "invalid_format", message: "extra keys not allowed", values: null })).toBe("Look again");
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

/** Texts as Home Assistant serves them: of the language, and English where that has none. */
function served(language: string): Hass {
  const flat = (branch: object, path: string): [string, string][] =>
    Object.entries(branch).flatMap(([key, text]) => (typeof text === "string" ? [[`${path}.${key}`, text]] : flat(text, `${path}.${key}`)));
  const spoken = { ar, en, fr, sw }[language] ?? {};
  const resources = Object.fromEntries([...flat(en, "component.syncid"), ...flat(spoken, "component.syncid")]);
  return { ...hass, connection: {}, language, callWS: async () => ({ resources }) } as unknown as Hass;
}

test.each([
  ["en", ["0 people", "1 person", "2 people"]],
  ["fr", ["0 personne", "1 personne", "2 personnes"]],
  ["sw", ["watu 0", "mtu 1", "watu 2"]],
  ["ar", ["0 شخص", "1 شخص", "2 شخصين", "3 أشخاص", "11 شخصًا", "100 شخص"]],
])("the form that a language has for so many: %s", async (language, forms) => {
  const { t } = await Texts.load(served(language));
  const counts = [0, 1, 2, 3, 11, 100].slice(0, forms.length);
  expect(counts.map((count) => t("import.do", { count }))).toEqual(forms.map((form) => expect.stringContaining(form)));
});

test("numbers in a text are written as the language writes them", async () => {
  const { t } = await Texts.load(served("en"));
  expect(t("common.range", { from: 1, to: 50, of: "many" })).toBe("1 to 50 of many");
  expect(t("people.found", { count: 12345 })).toBe("Found: 12,345");
});

test("hours in the digits of the language", () => {
  const format = new Format({ ...hass, locale: { language: "ar-EG" } } as Hass);
  expect(format.hours(8.0833)).toBe("٨:٠٥");
  expect(new Format(hass).hours(0.5)).toBe("0:30");
});
