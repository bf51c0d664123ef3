/** Leafing through what is more than a page. */

import { html, nothing } from "lit";

import type { Context } from "../context";
import { icon, mdi } from "./icons";
import type { Words } from "./table";

/** What a table says of its pages. */
export function wordsOf({ t, f }: Context): Words {
  return {
    sortBy: t("common.sort_by"),
    previous: t("common.previous"),
    next: t("common.next"),
    range: (from, to, of) => t("common.range", { from: f.number(from), to: f.number(to), of: f.number(of) }),
  };
}

/** Shows where a list is, and leads on and back; nothing for one that is whole. */
export function pager(ctx: Context, from: number, limit: number, count: number, turn: (from: number) => void) {
  if (!from && count <= limit) return nothing;
  const words = wordsOf(ctx);
  const to = Math.min(from + limit, count);
  const button = (label: string, way: string, off: boolean, where: number) =>
    html`<button class="icon flip ${way}" aria-label=${label} ?disabled=${off} @click=${() => turn(where)}>${icon(mdi.forward)}</button>`;
  return html`<nav class="row" style="justify-content:flex-end">
    <span class="dim num">${words.range(from + 1, to, count)}</span>
    ${button(words.previous, "back", !from, Math.max(0, from - limit))}
    ${button(words.next, "", to >= count, to)}
  </nav>`;
}
