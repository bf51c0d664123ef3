import { expect, test } from "vitest";

import { Format } from "../src/format";
import type { Hass } from "../src/hass";

const format = (language: string, isRTL: boolean, time_format = "12"): Format =>
  new Format({
    language,
    locale: { language, time_format },
    config: { time_zone: "Asia/Karachi" },
    translationMetadata: { translations: { [language]: { isRTL } } },
  } as unknown as Hass);

test("what is written from right to left does not turn a time of twelve hours round", () => {
  expect(format("ur", true).time("2026-11-20T05:47:00Z")).toMatch(/^\u206810:47.AM\u2069$/);
  expect(format("ur", true).clock("22:00")).toMatch(/^\u206810:00.PM\u2069$/);
  expect(format("en", false).time("2026-11-20T05:47:00Z")).toMatch(/^10:47.AM$/);
});

test("a time of day is written as the user has it set, with seconds where they count", () => {
  const f = format("en", false, "24");
  expect(f.clock("07:30")).toBe("07:30");
  expect(f.clock("07:30:05")).toBe("07:30:05");
  expect(f.clock("soon")).toBe("soon");
});

test("what is not of today can be told from what is", () => {
  const f = format("en-GB", false, "24");
  expect(f.full("2026-11-20T05:47:00Z")).toBe("Fri 20 Nov 10:47");
  expect(f.moment("2026-11-20T05:47:00Z", new Date("2026-11-20T09:00:00Z"))).toBe("10:47");
});

test("from when until when is one thing, turned as a whole where words are written from right to left", () => {
  const english = format("en", false, "24");
  expect(english.span(english.clock("07:30"), english.clock("09:00"))).toBe("07:30 – 09:00");
  expect([english.span("a", "a"), english.span("a", ""), english.span("", "a"), english.span("", "")]).toEqual(["a", "a –", "– a", ""]);
  // What it is of decides on its direction, and nothing within is set apart from that.
  const urdu = format("ur", true);
  expect(urdu.span(urdu.clock("07:30"), urdu.clock("21:00"))).toMatch(/^\u2068[^\u2066-\u2069]+AM – [^\u2066-\u2069]+PM\u2069$/);
  expect(urdu.span("", "")).toBe("");
});
