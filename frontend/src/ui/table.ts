/**
 * A page of a table that the server has filtered and sorted. On phones each row is a card of its own.
 */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Context } from "../context";
import type { Filters } from "../router";
import { pager } from "./pager";
import { shared } from "./styles";

export interface Column<T> {
  key: string;
  title: string;
  cell: (row: T) => TemplateResult | string | typeof nothing;
  sortable?: boolean;
  /** The one that a card begins with, and that opens the row. */
  main?: boolean;
  end?: boolean;
  /** On a card its title is seen before it: a time alone says little. */
  titled?: boolean;
}

/** Which part of it is there; how it is sorted, where it can be. */
export interface Shown {
  offset: number;
  sort?: string;
  descending?: boolean;
}

@customElement("sid-table")
export class SidTable<T = unknown> extends LitElement {
  @property({ attribute: false }) ctx!: Context;
  @property({ attribute: false }) columns: Column<T>[] = [];
  @property({ attribute: false }) rows: readonly T[] = [];
  @property({ attribute: false }) rowKey: (row: T) => string = String;
  @property({ attribute: false }) rowLabel: (row: T) => string = String;
  @property({ attribute: false }) shown: Shown = { offset: 0 };
  @property({ type: Boolean }) openable = false;
  @property({ type: Number }) limit = 50;
  @property({ type: Number }) count = 0;
  @property() label = "";
  @property({ type: Boolean }) busy = false;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        container-type: inline-size;
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      .busy {
        opacity: 0.6;
      }
      th {
        text-align: start;
        font-weight: 500;
        color: var(--sid-dim);
        border-bottom: 1px solid var(--sid-line);
        padding: 0 8px;
        height: 48px;
        white-space: nowrap;
        background: var(--sid-card);
      }
      th button {
        border: 0;
        padding: 0 4px;
        margin-inline-start: -4px;
        color: inherit;
        border-radius: 6px;
      }
      th button span {
        width: 1em;
      }
      td {
        padding: 8px;
        height: 52px;
        border-bottom: 1px solid color-mix(in srgb, var(--sid-line) 60%, transparent);
        overflow-wrap: anywhere;
      }
      td.end,
      th.end {
        text-align: end;
      }
      tbody tr.openable {
        cursor: pointer;
      }
      tbody tr.openable:hover {
        background: color-mix(in srgb, var(--sid-text) 4%, transparent);
      }
      button.open {
        border: 0;
        padding: 0;
        min-height: 44px;
        text-align: start;
        justify-content: start;
        border-radius: 6px;
      }
      button.open:hover:not(:disabled) {
        background: none;
        text-decoration: underline;
      }
      nav {
        padding-top: 8px;
      }
      .by {
        display: none;
      }
      @container (max-width: 620px) {
        table,
        tbody {
          display: block;
        }
        thead {
          display: none;
        }
        .by {
          display: flex;
        }
        tbody tr {
          display: flex;
          flex-wrap: wrap;
          align-items: center;
          gap: 0 12px;
          padding: 8px 0;
          border-bottom: 1px solid var(--sid-line);
        }
        td {
          display: block;
          border: 0;
          padding: 2px 0;
          height: auto;
        }
        td.main {
          flex: 1 1 100%;
          font-weight: 500;
        }
        td:empty {
          display: none;
        }
        td::before {
          content: attr(data-title) " ";
          color: var(--sid-dim);
        }
        td:not(.titled)::before {
          position: absolute;
          clip-path: inset(50%);
        }
      }
    `,
  ];

  // A card is no row to who reads the page aloud, unless it is said.
  override render() {
    return html`
      ${this.sorting()}
      <table role="table" aria-label=${this.label} aria-busy=${this.busy} class=${this.busy ? "busy" : ""}>
        <thead role="rowgroup">
          <tr role="row">
            ${this.columns.map((column) => this.head(column))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${this.rows.map(
            (row) => html`<tr
              role="row"
              class=${this.openable ? "openable" : ""}
              data-key=${this.rowKey(row)}
              @click=${() => this.openable && this.open(row)}
            >
              ${this.columns.map(
                (column) =>
                  html`<td role="cell" class="${column.main ? "main" : ""} ${column.end ? "end" : ""} ${column.titled ? "titled" : ""}" data-title=${column.title}>${
                    column.main && this.openable
                      ? html`<button
                          class="open"
                          aria-label=${this.rowLabel(row)}
                          @click=${(event: Event) => {
                            event.stopPropagation();
                            this.open(row);
                          }}
                        >
                          ${column.cell(row)}
                        </button>`
                      : column.cell(row)
                  }</td>`,
              )}
            </tr>`,
          )}
        </tbody>
      </table>
      ${pager(this.ctx, this.shown.offset, this.limit, this.count, (from) => this.filter({ from: String(from || "") }))}
    `;
  }

  /** What cards are sorted by, which have no headings to press. */
  private sorting() {
    const { t } = this.ctx;
    const { sort, descending = false } = this.shown;
    if (!sort) return nothing;
    return html`<div class="row by">
      <label class="row grow">
        <span class="dim nowrap">${t("common.sort_by")}</span>
        <select @change=${(event: Event) => this.sortBy((event.target as HTMLSelectElement).value, false)}>
          ${this.columns.map((column) =>
            column.sortable ? html`<option value=${column.key} ?selected=${column.key === sort}>${column.title}</option>` : nothing,
          )}
        </select>
      </label>
      <button class="icon" aria-label=${t("common.descending")} aria-pressed=${descending} @click=${() => this.sortBy(sort, !descending)}>
        ${descending ? "↓" : "↑"}
      </button>
    </div>`;
  }

  private head(column: Column<T>) {
    const end = column.end ? "end" : "";
    if (!column.sortable) return html`<th role="columnheader" scope="col" class=${end}>${column.title}</th>`;
    const active = this.shown.sort === column.key;
    const descending = active && this.shown.descending;
    return html`<th
      role="columnheader"
      scope="col"
      class=${end}
      aria-sort=${active ? (descending ? "descending" : "ascending") : "none"}
    >
      <button @click=${() => this.sortBy(column.key, active ? !descending : false)}>
        ${column.title}<span aria-hidden="true">${active ? (descending ? "↓" : "↑") : ""}</span>
      </button>
    </th>`;
  }

  private open(row: T): void {
    this.dispatchEvent(new CustomEvent("open-row", { detail: row }));
  }

  private sortBy(sort: string, descending: boolean): void {
    this.filter({ sort, down: descending ? "1" : "" });
  }

  /** Says what the address is to say. */
  private filter(detail: Filters): void {
    this.dispatchEvent(new CustomEvent<Filters>("filter", { detail }));
  }
}
