/** Takes people from a table: chosen or dropped, looked at row by row, then all of it or nothing. */

import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { call } from "../api";
import { Part } from "../context";
import type { Filters } from "../router";
import type { ImportPage, ImportRow } from "../types";
import { chip } from "./chip";
import { leaving, shut } from "./dialog";
import { icon, mdi } from "./icons";
import { failed, waiting } from "./notice";
import { shared } from "./styles";
import type { Column } from "./table";
import { upload } from "./upload";

import "./table";

const LIMIT = 50;
// As the server has it.
const MOST_MB = 16;
const KINDS: Record<string, string> = { add: "ok", update: "info", refused: "bad", same: "" };

@customElement("sid-import")
export class SidImport extends Part {
  @state() private page?: ImportPage;
  @state() private from = 0;
  @state() private busy = false;
  @state() private over = false;
  @state() private error = "";
  private upload = "";

  static override styles = [
    shared,
    css`
      .drop {
        display: grid;
        justify-items: center;
        gap: 8px;
        padding: 24px;
        border: 2px dashed var(--sid-line);
        border-radius: var(--sid-radius);
      }
      .drop.over {
        border-color: var(--sid-blue);
      }
    `,
  ];

  private get input(): HTMLInputElement {
    return this.renderRoot.querySelector("input")!;
  }

  override render() {
    const { t } = this.ctx;
    const { page } = this;
    const people = (page?.counts.add ?? 0) + (page?.counts.update ?? 0);
    return html`<sid-dialog .heading=${t("import.title")}>
      <div class="stack">
        ${page ? nothing : html`<p>${t("import.about")}</p>`}
        <input
          type="file"
          hidden
          accept=".csv,.xlsx,text/csv"
          aria-label=${t("import.choose")}
          @change=${() => {
            void this.send(this.input.files?.[0]);
            // The same one again, when it was mended.
            this.input.value = "";
          }}
        />
        ${page
          ? nothing
          : html`<div
              class="drop ${this.over ? "over" : ""}"
              @dragover=${(event: DragEvent) => {
                event.preventDefault();
                this.over = true;
              }}
              @dragleave=${() => (this.over = false)}
              @drop=${(event: DragEvent) => {
                event.preventDefault();
                this.over = false;
                void this.send(event.dataTransfer?.files[0]);
              }}
            >
              <button class="main" ?disabled=${this.busy} @click=${() => this.input.click()}>
                ${icon(mdi.import)}${t("import.choose")}
              </button>
              <span class="dim">${t("import.drop")}</span>
            </div>`}
        ${this.busy ? waiting : nothing}
        ${failed(this.error, true)}
        ${page ? this.report(page, people) : nothing}
      </div>
      <div slot="footer">
        ${page?.done
          ? html`<button class="main" @click=${() => shut(this)}>${t("common.close")}</button>`
          : html`${page
                ? html`<button class="plain" ?disabled=${this.busy} @click=${() => this.input.click()}>${t("import.another")}</button>`
                : nothing}
              ${leaving(this)}
              ${page
                ? html`<button
                    class="main"
                    ?disabled=${this.busy || !page.good || !(people || page.mappings)}
                    @click=${() => this.ask(0, true)}
                  >
                    ${t("import.do", { count: people })}
                  </button>`
                : nothing}`}
      </div>
    </sid-dialog>`;
  }

  private report(page: ImportPage, people: number) {
    const { t, f } = this.ctx;
    const amount = (key: string): number => page.counts[key] ?? 0;
    const refused = page.counts.refused ?? 0;
    return html`<strong>${page.file}</strong>
      <div class="row wrap" role="status">
        ${page.done
          ? html`<div class="notice ok grow">
              ${icon(mdi.ok)}<span>${t("import.done", { added: amount("add"), changed: amount("update"), same: amount("same"), marks: page.marks })}</span>
            </div>`
          : Object.keys(KINDS).map((key) =>
              page.counts[key]
                ? chip(`${t(`import.actions.${key}`)}: ${f.number(amount(key))}`, KINDS[key])
                : nothing,
            )}
      </div>
      ${refused
        ? failed(t("import.wrong", { count: refused }))
        : nothing}
      ${page.good && !page.done && !people && !page.mappings
        ? html`<div class="notice">${icon(mdi.ok)}<span>${t("import.nothing")}</span></div>`
        : nothing}
      ${page.mappings ? html`<p class="dim">${t("import.mappings", { count: page.mappings })}</p>` : nothing}
      ${page.ignored.length
        ? html`<div class="notice warn">${icon(mdi.unknown)}<span>${t("import.ignored", { columns: page.ignored.join(", ") })}</span></div>`
        : nothing}
      ${page.done ? nothing : this.table(page)}`;
  }

  private table(page: ImportPage) {
    const { t, f } = this.ctx;
    const columns: Column<ImportRow>[] = [
      {
        key: "name",
        title: `${t("import.row")}, ${t("people.name")}`,
        main: true,
        cell: (row) => html`<span class="num dim">${f.number(row.row)}</span> ${row.before ? html`<s>${row.before}</s> ` : ""}${row.name}`,
      },
      {
        key: "action",
        title: t("import.what"),
        cell: (row) => html`${chip(t(`import.actions.${row.action}`), KINDS[row.action])}
          ${row.changes.map((one) => {
            const [before, after] = [one.before, one.after].map((value) => this.said(one.field, value));
            return html`<div>${t(`people.${one.field}`)}${after || before ? ":" : ""} ${before ? html`<s>${before}</s>` : nothing} ${after}</div>`;
          })}
          ${row.users.length ? html`<div>${t("people.known_as")}: ${row.users.join("; ")}</div>` : nothing}
          ${row.problems.map((one) => html`<div>${t(`import.problems.${one.reason}`, { value: one.value })}</div>`)}`,
      },
    ];
    return html`<sid-table
      .ctx=${this.ctx}
      .columns=${columns}
      .rows=${page.rows}
      .rowKey=${(row: ImportRow) => String(row.row)}
      .shown=${{ offset: this.from }}
      .limit=${LIMIT}
      .count=${page.count}
      .busy=${this.busy}
      label=${t("import.title")}
      @filter=${(event: CustomEvent<Filters>) => this.ask(Number(event.detail.from))}
    ></sid-table>`;
  }

  /** A value as the page of a person has it. */
  private said(field: string, value: string): string {
    const { t, f } = this.ctx;
    if (!value) return "";
    return field === "kind" ? t(`kinds.${value}`) : field.startsWith("valid") ? f.date(value, { dateStyle: "medium" }) : value;
  }

  /** Sends a file; what it is, the server looks at. */
  private async send(file?: File): Promise<void> {
    const { t } = this.ctx;
    if (!file) return;
    this.error = "";
    if (file.size > MOST_MB * 1024 * 1024) {
      this.error = t("import.too_large", { limit: MOST_MB });
      return;
    }
    this.busy = true;
    try {
      this.upload = await upload(this.ctx, file, file.name);
    } catch (error) {
      this.busy = false;
      this.error = this.ctx.texts.error(error);
      return;
    }
    this.page = undefined;
    await this.ask(0);
  }

  private async ask(offset: number, apply = false): Promise<void> {
    this.busy = true;
    this.error = "";
    try {
      this.page = await call(this.ctx.hass(), "people/import", { upload: this.upload, offset, limit: LIMIT, apply });
      this.from = offset;
    } catch (error) {
      this.error = this.ctx.texts.error(error);
    }
    this.busy = false;
  }
}
