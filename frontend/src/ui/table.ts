/**
 * A page of a table that the server has filtered and sorted. On phones each row is a card of its own.
 */

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { icon, mdi } from "./icons";
import { shared } from "./styles";

export interface Column<T> {
  key: string;
  title: string;
  cell: (row: T) => TemplateResult | string | typeof nothing;
  sortable?: boolean;
  /** The one that a card begins with, and that opens the row. */
  main?: boolean;
  end?: boolean;
  /** On a card its title stands before it: a time alone says little. */
  titled?: boolean;
}

export interface Sorted {
  sort: string;
  descending: boolean;
}

export interface Words {
  sortBy: string;
  previous: string;
  next: string;
  range: (from: number, to: number, of: number) => string;
}

@customElement("sid-table")
export class SidTable<T = unknown> extends LitElement {
  @property({ attribute: false }) columns: Column<T>[] = [];
  @property({ attribute: false }) rows: readonly T[] = [];
  @property({ attribute: false }) rowKey: (row: T) => string = String;
  @property({ attribute: false }) rowLabel: (row: T) => string = String;
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) sorted?: Sorted;
  @property({ type: Boolean }) openable = false;
  @property({ type: Number }) offset = 0;
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
        display: flex;
        align-items: center;
        justify-content: flex-end;
        gap: 8px;
        padding-top: 8px;
      }
      @container (max-width: 620px) {
        table,
        tbody {
          display: block;
        }
        thead {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
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
        td[data-title]::before {
          content: attr(data-title) " ";
          color: var(--sid-dim);
        }
      }
    `,
  ];

  override render() {
    const { words } = this;
    const to = Math.min(this.offset + this.rows.length, this.count);
    return html`
      <table aria-label=${this.label} aria-busy=${this.busy} class=${this.busy ? "busy" : ""}>
        <thead>
          <tr>
            ${this.columns.map((column) => this.head(column))}
          </tr>
        </thead>
        <tbody>
          ${this.rows.map(
            (row) => html`<tr
              class=${this.openable ? "openable" : ""}
              data-key=${this.rowKey(row)}
              @click=${() => this.openable && this.open(row)}
            >
              ${this.columns.map(
                (column) =>
                  html`<td class="${column.main ? "main" : ""} ${column.end ? "end" : ""}" data-title=${column.titled ? column.title : nothing}>${
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
      ${this.count > this.limit || this.offset
        ? html`<nav>
            <span class="dim num">${words.range(this.offset + 1, to, this.count)}</span>
            <button
              class="icon flip back"
              aria-label=${words.previous}
              ?disabled=${this.offset === 0}
              @click=${() => this.turn(this.offset - this.limit)}
            >
              ${icon(mdi.forward)}
            </button>
            <button
              class="icon flip"
              aria-label=${words.next}
              ?disabled=${to >= this.count}
              @click=${() => this.turn(this.offset + this.limit)}
            >
              ${icon(mdi.forward)}
            </button>
          </nav>`
        : nothing}
    `;
  }

  private head(column: Column<T>) {
    const end = column.end ? "end" : "";
    if (!column.sortable) return html`<th scope="col" class=${end}>${column.title}</th>`;
    const active = this.sorted?.sort === column.key;
    const descending = active && this.sorted?.descending;
    return html`<th
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

  private turn(offset: number): void {
    this.dispatchEvent(new CustomEvent("turn", { detail: Math.max(0, offset) }));
  }

  private sortBy(sort: string, descending: boolean): void {
    this.dispatchEvent(new CustomEvent<Sorted>("sort-by", { detail: { sort, descending } }));
  }
}
