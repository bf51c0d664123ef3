/** A month of people: a cell for each day, which arrow keys lead through. */

import { css, html, nothing, type TemplateResult } from "lit";

import type { Context } from "../context";
import { shifted } from "../dates";
import type { MonthPage, MonthRow } from "../types";
import { stopAt, walk } from "./grid";
import { barChart } from "./ha";
import { kindOf } from "./marks";

export const celled = css`
  .month {
    container-type: inline-size;
  }
  .more {
    --shade: 1;
    position: relative;
  }
  .more.end {
    --shade: 0;
  }
  /* There is more beyond this edge. */
  .more::after {
    content: "";
    position: absolute;
    inset-block: 0;
    inset-inline-end: 0;
    width: 20px;
    opacity: var(--shade);
    pointer-events: none;
    background: linear-gradient(90deg, transparent, color-mix(in srgb, var(--sid-text) 25%, transparent));
  }
  .more:dir(rtl)::after {
    transform: scaleX(-1);
  }
  .scroll {
    overflow-x: auto;
    /* What the names or the shade would lie on is not seen. */
    scroll-padding-inline: min(190px, 33vw) 24px;
  }
  table {
    border-collapse: separate;
    border-spacing: 2px;
    table-layout: fixed;
    width: 100%;
    min-width: 1110px;
  }
  th {
    font-weight: 500;
    text-align: start;
  }
  thead th {
    text-align: center;
    color: var(--sid-dim);
    font-size: 12px;
    line-height: 1.2;
  }
  th.here {
    color: var(--sid-text);
    text-decoration: underline;
  }
  .who {
    position: sticky;
    inset-inline-start: 0;
    background: var(--sid-card);
    /* What is pushed under it would be seen between the cells. */
    box-shadow: 0 0 0 2px var(--sid-card);
    width: min(180px, 30vw);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    padding-inline-end: 8px;
    text-align: start;
    z-index: 1;
  }
  td {
    padding: 0;
  }
  .cell {
    display: inline-grid;
    place-items: center;
    width: 30px;
    min-height: 32px;
    padding: 0;
    border: 0;
    border-radius: 6px;
    font-size: 12px;
    scroll-margin-block: 72px;
    background: color-mix(in srgb, var(--cell, var(--sid-dim)) 20%, transparent);
    color: color-mix(in srgb, var(--cell, var(--sid-dim)) 45%, var(--sid-text));
  }
  td .cell {
    width: 100%;
  }
  /* From here on all days fit, with cells that can still be pressed. */
  @container (min-width: 940px) {
    .more {
      --shade: 0;
    }
    table {
      min-width: 0;
    }
    .who {
      width: 15%;
    }
  }
  .cell.ok {
    --cell: var(--sid-green);
  }
  .cell.warn {
    --cell: var(--sid-amber);
  }
  .cell.bad {
    --cell: var(--sid-red);
  }
  .cell.info {
    --cell: var(--sid-blue);
  }
  .cell.open {
    outline: 1px dashed currentcolor;
    outline-offset: -2px;
  }
  td button:focus-visible {
    outline: 2px solid var(--sid-blue);
  }
  td.weekend {
    opacity: 0.75;
  }
`;

/** Has the date that is chosen be seen, where a month is wider than the screen; no more is scrolled than that takes. */
export const toSight = (root: ParentNode): void =>
  root.querySelector("th.here")?.scrollIntoView?.({ block: "nearest", inline: "nearest" });

/** What is scrolled to its end has no more to hint at. */
const atEnd = ({ currentTarget }: Event): void => {
  const box = currentTarget as HTMLElement;
  box.parentElement?.classList.toggle("end", Math.abs(box.scrollLeft) + box.clientWidth > box.scrollWidth - 2);
};

function once(make: (key: string) => string): (key: string) => string {
  const made: Record<string, string> = {};
  return (key) => (made[key] ??= make(key));
}

/** The grid, and above it how often people were late; `pages` leads to others. */
export function monthGrid(
  ctx: Context,
  page: MonthPage,
  date: string,
  busy: boolean,
  open: (person: string, day: string) => void,
  pages: TemplateResult | typeof nothing,
) {
  const { t, f, texts } = ctx;
  const days = Array.from({ length: page.length }, (_, at) => shifted(page.month, at));
  const weekend = (at: number): boolean => (page.weekday + at) % 7 > 4;
  // Once for all rows: a date or a text takes longer to write than a cell to draw.
  const dates = days.map((day) => f.date(day));
  const letters = once((status) => t(`letters.${status}`));
  const names = once((status) => texts.word("statuses", status));
  const unfinished = ` (${t("attendance.open")})`;
  const cell = (row: MonthRow, at: number) => {
    const status = row.days[at];
    const day = days[at] ?? "";
    if (!status) return html`<td class=${weekend(at) ? "weekend" : ""}></td>`;
    const isOpen = row.open.includes(at + 1);
    const name = names(status);
    return html`<td class=${weekend(at) ? "weekend" : ""}>
      <button
        class="cell ${kindOf(status)} ${isOpen ? "open" : ""}"
        tabindex="-1"
        title="${row.person}, ${dates[at]}: ${name}"
        aria-label="${row.person}, ${dates[at]}: ${name}${isOpen ? unfinished : ""}"
        @click=${() => open(row.person_id, day)}
      >
        ${letters(status)}
      </button>
    </td>`;
  };
  return html`
    ${page.late.some(Boolean)
      ? html`<section class="card">
          <h2>${t("attendance.late_over_month")}</h2>
          ${barChart(page.late, days.map((day) => f.date(day, { day: "numeric" })), t("attendance.late_over_month"), f.rtl)}
        </section>`
      : nothing}
    <section class="card month">
      ${page.count ? nothing : html`<div class="empty"><p>${t("common.nothing_fits")}</p></div>`}
      <div class="more"><div class="scroll" tabindex="0" role="region" aria-label=${t("attendance.month")} @scroll=${atEnd}>
        <table
          role="grid"
          aria-label=${t("attendance.month")}
          aria-busy=${busy}
          @keydown=${(event: KeyboardEvent) => walk(event, f.rtl)}
          @focusin=${({ currentTarget, target }: Event) => stopAt(currentTarget as Element, target as HTMLElement)}
        >
          <thead>
            <tr>
              <th scope="col" class="who">${t("people.name")}</th>
              ${days.map(
                (day) => html`<th scope="col" class=${day === date ? "here" : ""}>${f.date(day, { weekday: "narrow" })}<br /><span class="num">${f.date(day, { day: "numeric" })}</span></th>`,
              )}
            </tr>
          </thead>
          <tbody>
            ${page.people.map(
              (row) => html`<tr>
                <th scope="row" class="who" title=${row.person}>${row.person}</th>
                ${row.days.map((_, at) => cell(row, at))}
              </tr>`,
            )}
          </tbody>
        </table>
      </div></div>
      ${pages}
    </section>
  `;
}

/** What the letters and colours say. */
export const legend = ({ t }: Context, statuses: readonly string[]) =>
  html`<section class="card stack tight" aria-labelledby="legend">
    <h2 id="legend">${t("attendance.legend")}</h2>
    <ul class="row wrap">
      ${statuses.map((status) => html`<li class="row"><span class="cell ${kindOf(status)}">${t(`letters.${status}`)}</span>${t(`statuses.${status}`)}</li>`)}
      <li class="row"><span class="cell open" aria-hidden="true"></span>${t("attendance.open")}</li>
    </ul>
  </section>`;
