/** How a terminal is, in a word and in bars. */

import { css, html, nothing } from "lit";

import type { Context } from "../context";
import type { Bar, TerminalRow } from "../types";
import { chip } from "./chip";
import { mdi } from "./icons";

// From where on a bar is red, as the server has it too.
const FULL = 0.9;

export const barred = css`
  .bar {
    display: grid;
    gap: 3px;
  }
  .bar div {
    height: 6px;
    border-radius: 3px;
    background: color-mix(in srgb, var(--sid-dim) 18%, transparent);
    overflow: hidden;
  }
  .bar i {
    display: block;
    height: 100%;
    background: var(--sid-blue);
  }
  .bar.full i {
    background: var(--sid-red);
  }
`;

export function healthOf(ctx: Context, row: TerminalRow) {
  const { t } = ctx;
  if (row.state !== "ready")
    return html`<span class="chip ${row.state === "failed" ? "bad" : row.state === "retrying" ? "warn" : ""}">
      ${t(`terminals.states.${row.state}`)}
    </span>`;
  if (row.online === null) return chip(t("terminals.states.unknown"));
  return row.online
    ? chip(t("terminals.states.online"), "ok", mdi.ok)
    : chip(t("terminals.states.offline"), "bad", mdi.error);
}

export function barsOf(ctx: Context, bars: readonly Bar[]) {
  const { t, f } = ctx;
  if (!bars.length) return nothing;
  return html`<div class="stack tight">
    ${bars.map((bar) => {
      const part = bar.room ? Math.min(1, bar.used / bar.room) : 0;
      const text = bar.room
        ? t("terminals.used_of", { used: bar.used, room: bar.room })
        : f.number(bar.used);
      return html`<div class="bar ${part > FULL ? "full" : ""}">
        <span class="row"
          ><span class="grow">${t(`terminals.bars.${bar.kind}`)}</span
          ><span class="num dim">${text}</span></span
        >
        ${bar.room ? html`<div aria-hidden="true"><i style="width:${100 * part}%"></i></div>` : nothing}
      </div>`;
    })}
  </div>`;
}
