/** Rules in words: all that is set, and nothing that is as it would be anyway. */

import { render } from "lit";
import { expect, test } from "vitest";

import type { ShiftRow } from "../src/types";
import { factsOf } from "../src/ui/shift";
import { Server } from "./server";

const plain: ShiftRow = {
  id: "s", name: "Night", start: "22:00", end: "06:00", grace_minutes: 0, early_grace_minutes: 0, flexible_minutes: 0,
  in_window: null, out_window: null, workdays: ["mon"], breaks: [], paid_breaks: false, deduct_minutes: 0,
  required_hours: null, half_day_hours: null, absent_hours: null, overtime: "none", overtime_minutes: 0, missing_out: "none",
  opens_before_hours: null, closes_after_hours: null, deduct_after_hours: null, from_start: false, paid_break_times: [],
  hours: "first_last", keys: "auto", minimum_gap: null, cap_hours: null, rounding_minutes: 15,
  round_arrival: "none", round_departure: "none", round_total: "none",
  people: [], more: 0, groups: [], terminals: [],
};

async function told(said: Partial<ShiftRow>, own = false): Promise<Record<string, string>> {
  const home = document.createElement("div");
  render(factsOf(await new Server({}).context(), { ...plain, ...said }, own), home);
  const texts = (tag: string) => [...home.querySelectorAll(tag)].map((one) => one.textContent ?? "");
  const values = texts("dd");
  return Object.fromEntries(texts("dt").map((name, at) => [name.replace("rules.", ""), values[at] ?? ""]));
}

test("what is as it would be without saying so is not told", async () => {
  expect(await told({})).toEqual({});
  expect(Object.keys(await told({}, true))).toEqual(["workdays", "grace", "overtime", "missing_out"]);
});

test.each<[Partial<ShiftRow>, Record<string, string>]>([
  [{ opens_before_hours: 0 }, { opens_before: "0:00" }],
  [{ closes_after_hours: 1.5 }, { closes_after: "1:30" }],
  [{ keys: "ignore" }, { keys: "rules.believed.ignore" }],
  [{ minimum_gap: 0 }, { minimum_gap: "rules.seconds 0" }],
  [{ hours: "pairs" }, { hours: "rules.pairs" }],
  [{ from_start: true }, { from_start: "rules.not_counted" }],
  [{ paid_break_times: ["01:00-01:15"] }, { paid_break_times: "01:00 – 01:15" }],
  [{ paid_breaks: true }, { paid_breaks: "rules.paid" }],
  [{ deduct_minutes: 30 }, { deduct: "rules.deduct_above 30 6:00" }],
  [{ deduct_minutes: 30, deduct_after_hours: 0 }, { deduct: "rules.deduct_above 30 0:00" }],
  // Nothing is taken off, from whenever on.
  [{ deduct_after_hours: 4 }, {}],
  [{ missing_out: "cap", cap_hours: 9 }, { missing_out: "rules.missing_outs.cap: 9:00" }],
  [
    { round_arrival: "up", round_total: "nearest", rounding_minutes: 5 },
    { rounding: "rules.rounds.arrival: rules.ways.up, rules.rounds.total: rules.ways.nearest (rules.minutes 5)" },
  ],
])("what is set is told in words: %o", async (said, facts) => {
  expect(await told(said)).toEqual(facts);
});
