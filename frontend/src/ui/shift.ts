/** A shift in words: all that is not as it would be without saying so. */

import { html, nothing } from "lit";

import type { Context } from "../context";
import type { ShiftRow } from "../types";
import { icon, mdi } from "./icons";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
// Of January 1970, for the names of the days.
const MONDAY = 5;

export const dayName = ({ f }: Context, day: string): string =>
  f.date(new Date(Date.UTC(1970, 0, MONDAY + DAYS.indexOf(day))).toISOString(), { weekday: "short" });

/** From when until when, and whether that is another day. */
export function hoursOf({ t, f }: Context, shift: ShiftRow): string {
  const { start, end } = shift;
  if (!start && !end) return "–";
  const next = start && end && end <= start ? ` (${t("rules.next_day")})` : "";
  return `${start ? f.clock(start) : "?"} – ${end ? f.clock(end) : "?"}${next}`;
}

/** Its rules; without those that the form above has where it is not of its own. */
export function factsOf(ctx: Context, shift: ShiftRow, own = true) {
  const { t, f } = ctx;
  const minutes = (value: number) => value && t("rules.minutes", { minutes: value });
  const hours = (value: number | null) => value !== null && f.hours(value);
  const window = (text: string) => text.split(/[-–]/).map((time) => f.clock(time.trim())).join(" – ");
  const facts: [string, string | number | false][] = [
    ["rules.workdays", own && shift.workdays.map((day) => dayName(ctx, day)).join(", ")],
    ["rules.in_window", own && shift.in_window !== null && window(shift.in_window)],
    ["rules.out_window", own && shift.out_window !== null && window(shift.out_window)],
    ["rules.grace", own && f.number(shift.grace_minutes)],
    ["rules.early_grace", minutes(shift.early_grace_minutes)],
    ["rules.flexible", minutes(shift.flexible_minutes)],
    ["rules.breaks", shift.breaks.map(window).join(", ") + (shift.paid_breaks && shift.breaks.length ? ` (${t("rules.paid")})` : "")],
    ["rules.deduct", minutes(shift.deduct_minutes)],
    ["rules.required", hours(shift.required_hours)],
    ["rules.half_day", hours(shift.half_day_hours)],
    ["rules.absent", hours(shift.absent_hours)],
    [
      "rules.overtime",
      (own || shift.overtime !== "none") &&
        t(`rules.overtimes.${shift.overtime}`) +
          (shift.overtime_minutes ? `, ${t("rules.from_least", { minutes: shift.overtime_minutes })}` : ""),
    ],
    ["rules.missing_out", (own || shift.missing_out !== "none") && t(`rules.missing_outs.${shift.missing_out}`)],
  ];
  const told = facts.filter(([, text]) => text);
  if (!told.length) return nothing;
  return html`<dl class="facts">${told.map(([name, text]) => html`<dt>${t(name)}</dt><dd>${text}</dd>`)}</dl>`;
}

/** Whose it is. */
export function whomOf({ t }: Context, shift: ShiftRow) {
  const chips = (name: mdi, names: string[]) => names.map((one) => html`<span class="chip">${icon(name)}${one}</span>`);
  const more = shift.people_count - shift.people.length;
  const found = [...chips(mdi.people, shift.groups), ...chips(mdi.terminals, shift.terminals), ...chips(mdi.account, shift.people)];
  return html`<div class="row wrap chips">
    <span class="dim">${t("rules.for_whom")}:</span>
    ${found.length ? found : html`<span>${t("rules.for_nobody")}</span>`}
    ${more ? html`<span>${t("card.more", { count: more })}</span>` : nothing}
  </div>`;
}
