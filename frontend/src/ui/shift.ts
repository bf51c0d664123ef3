/** A shift in words: all that is not as it would be without saying so. */

import { html, nothing } from "lit";

import type { Context } from "../context";
import type { ShiftRow } from "../types";
import { chip } from "./chip";
import { mdi } from "./icons";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
// Hours from which on something is taken off for a break, where that is not said: as the marks have it.
const DEDUCT_AFTER = 6;
// Of January 1970, for the names of the days.
const MONDAY = 5;

export const dayName = ({ f }: Context, day: string): string =>
  f.date(new Date(Date.UTC(1970, 0, MONDAY + DAYS.indexOf(day))).toISOString(), { weekday: "short" });

export const weekdayOf = (date: string): string => DAYS[(new Date(date).getUTCDay() + 6) % 7]!;

interface Week {
  // Monday is 1.
  weekend: number[];
}

/** On which days people work in a country; where it or the browser does not tell, not on Saturday and Sunday. */
export function workingWeek(country?: string | null): string[] {
  const locale = country ? (new Intl.Locale(`und-${country}`) as { getWeekInfo?: () => Week; weekInfo?: Week }) : undefined;
  const { weekend } = locale?.getWeekInfo?.() ?? locale?.weekInfo ?? { weekend: [6, 7] };
  return DAYS.filter((_, at) => !weekend.includes(at + 1));
}

/** From when until when, and whether that is another day. */
export function hoursOf({ t, f }: Context, shift: ShiftRow): string {
  const { start, end } = shift;
  if (!start && !end) return "–";
  const next = start && end && end <= start ? ` (${t("rules.next_day")})` : "";
  return f.span(start ? f.clock(start) : "", end ? f.clock(end) : "") + next;
}

/** Its rules; without those that the form above has where it is not of its own. */
export function factsOf(ctx: Context, shift: ShiftRow, own = true) {
  const { t, f } = ctx;
  const minutes = (value: number) => value && t("rules.minutes", { minutes: value });
  const hours = (value: number | null) => value !== null && f.hours(value);
  const window = (text: string) => {
    const [from = "", to = from] = text.split(/[-–]/).map((time) => f.clock(time.trim()));
    return f.span(from, to);
  };
  const times = (all: string[]) => all.map(window).join(", ");
  const ways = { arrival: shift.round_arrival, departure: shift.round_departure, total: shift.round_total };
  const rounded = Object.entries(ways).filter(([, way]) => way !== "none");
  const facts: [string, string | number | false][] = [
    ["rules.workdays", own && shift.workdays.map((day) => dayName(ctx, day)).join(", ")],
    ["rules.in_window", own && shift.in_window !== null && window(shift.in_window)],
    ["rules.out_window", own && shift.out_window !== null && window(shift.out_window)],
    ["rules.grace", own && f.number(shift.grace_minutes)],
    ["rules.early_grace", minutes(shift.early_grace_minutes)],
    ["rules.flexible", minutes(shift.flexible_minutes)],
    ["rules.opens_before", hours(shift.opens_before_hours)],
    ["rules.closes_after", hours(shift.closes_after_hours)],
    ["rules.keys", shift.keys !== "auto" && t(`rules.believed.${shift.keys}`)],
    ["rules.minimum_gap", shift.minimum_gap !== null && t("rules.seconds", { seconds: shift.minimum_gap })],
    ["rules.hours", shift.hours === "pairs" && t("rules.pairs")],
    ["rules.from_start", shift.from_start && t("rules.not_counted")],
    ["rules.breaks", times(shift.breaks)],
    ["rules.paid_break_times", times(shift.paid_break_times)],
    ["rules.paid_breaks", shift.paid_breaks && t("rules.paid")],
    [
      "rules.deduct",
      shift.deduct_minutes > 0 &&
        t("rules.deduct_above", { minutes: shift.deduct_minutes, hours: f.hours(shift.deduct_after_hours ?? DEDUCT_AFTER) }),
    ],
    ["rules.required", hours(shift.required_hours)],
    ["rules.half_day", hours(shift.half_day_hours)],
    ["rules.absent", hours(shift.absent_hours)],
    [
      "rules.overtime",
      (own || shift.overtime !== "none") &&
        t(`rules.overtimes.${shift.overtime}`) +
          (shift.overtime_minutes ? `, ${t("rules.from_least", { minutes: shift.overtime_minutes })}` : ""),
    ],
    [
      "rules.missing_out",
      (own || shift.missing_out !== "none") &&
        t(`rules.missing_outs.${shift.missing_out}`) + (shift.missing_out === "cap" && shift.cap_hours ? `: ${f.hours(shift.cap_hours)}` : ""),
    ],
    [
      "rules.rounding",
      rounded.map(([one, way]) => `${t(`rules.rounds.${one}`)}: ${t(`rules.ways.${way}`)}`).join(", ") +
        (rounded.length ? ` (${t("rules.minutes", { minutes: shift.rounding_minutes })})` : ""),
    ],
  ];
  const told = facts.filter(([, text]) => text);
  if (!told.length) return nothing;
  return html`<dl class="facts">${told.map(([name, text]) => html`<dt>${t(name)}</dt><dd>${text}</dd>`)}</dl>`;
}

/** Whose it is. */
export function whomOf({ t }: Context, shift: ShiftRow) {
  const chips = (name: mdi, names: string[]) => names.map((one) => chip(one, "", name));
  const found = [...chips(mdi.people, shift.groups), ...chips(mdi.terminals, shift.terminals), ...chips(mdi.account, shift.people)];
  return html`<div class="row wrap chips">
    <span class="dim">${t("rules.for_whom")}:</span>
    ${found.length ? found : html`<span>${t("rules.for_nobody")}</span>`}
    ${shift.more ? html`<span>${t("card.more", { count: shift.more })}</span>` : nothing}
  </div>`;
}
