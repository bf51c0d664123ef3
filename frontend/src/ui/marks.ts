/** Marks: a colour, and always a word or a letter. */

import { html, type TemplateResult } from "lit";

import type { Context } from "../context";

const KINDS: Record<string, string> = {
  present: "ok",
  late: "warn",
  half_day: "warn",
  absent: "bad",
  on_leave: "info",
  excused: "info",
  holiday: "info",
};

/** What a punch may have been. */
export const WAYS: Record<string, string> = {
  check_in: "ok",
  check_out: "info",
  break_out: "warn",
  break_in: "ok",
  overtime_in: "ok",
  overtime_out: "info",
};

export const kindOf = (status: string): string => KINDS[status] ?? "";

/** A mark that may still change has a broken edge, and says so to who does not see it. */
export function markChip({ t, texts }: Context, status: string, final: boolean): TemplateResult {
  return html`<span class="chip ${kindOf(status)} ${final ? "" : "open"}" title=${final ? "" : t("attendance.open")}>
    ${texts.word("statuses", status)}${final ? "" : html`<span class="visually-hidden"> (${t("attendance.open")})</span>`}
  </span>`;
}
