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
