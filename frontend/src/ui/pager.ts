/** Leafing through what is more than a page. */

import { html, nothing } from "lit";

import type { Context } from "../context";
import { icon, mdi } from "./icons";

/** Where the last page of a list begins. */
export const lastPage = (count: number, limit: number): number => Math.max(0, Math.ceil(count / limit) - 1) * limit;

/** Shows where a list is, and leads on and back; nothing for one that is whole. */
export function pager({ t, f }: Context, from: number, limit: number, count: number, turn: (from: number) => void) {
  if (!from && count <= limit) return nothing;
  const to = Math.min(from + limit, count);
  const button = (way: string, off: boolean, where: number) =>
    html`<button class="icon flip ${way === "next" ? "" : "back"}" aria-label=${t(`common.${way}`)} ?disabled=${off} @click=${() => turn(where)}>${icon(mdi.forward)}</button>`;
  return html`<nav class="row" style="justify-content:flex-end">
    <span class="dim num">${t("common.range", { from: f.number(from + 1), to: f.number(to), of: f.number(count) })}</span>
    ${button("previous", !from, Math.max(0, from - limit))} ${button("next", to >= count, to)}
  </nav>`;
}
