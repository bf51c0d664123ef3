/** One user: which terminals have them, with how many fingers and faces, and what can be done. */

import { css, html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { Loaded, Part } from "../context";
import type { TerminalRow, UserPlace, UserRow } from "../types";
import "./confirm";
import "./copy";
import { chip } from "./chip";
import { leaving } from "./dialog";
import { WAYS, enrolText } from "./enrol";
import { icon, mdi } from "./icons";
import { shared } from "./styles";
import { waiting } from "./notice";

type Step = "enrol" | "copy" | "remove" | "rename";

@customElement("sid-user")
export class SidUser extends Part {
  @property() user = "";
  @property({ attribute: false }) terminals: readonly TerminalRow[] = [];
  @state() private step?: Step;
  @state() private at?: UserPlace;
  @state() private name = "";
  private found = new Loaded(this, "users/list");
  private templates = new Loaded(this, "users/templates");
  private asked = "";
  private counted = "";

  static override styles = [
    shared,
    css`
      li {
        padding: 8px 0;
        border-top: 1px solid var(--sid-line);
        display: grid;
        gap: 6px;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("user") && !changed.has("ctx")) return;
    const now = `${this.user} ${this.ctx.changed.people}`;
    if (now !== this.asked) {
      this.asked = now;
      void this.found.ask({ user_id: this.user, limit: 1 });
    }
    // Terminals read all they have for this: only when something was done with the user.
    const ended = this.ctx.jobs.filter((job) => job.user_id === this.user && job.state !== "running");
    const done = [this.user, ...ended.map((job) => job.id)].join();
    if (done !== this.counted) {
      this.counted = done;
      void this.templates.ask({ user_id: this.user });
    }
  }

  private get row(): UserRow | undefined {
    return this.found.value?.users.find((one) => one.user_id === this.user);
  }

  override render() {
    const { t } = this.ctx;
    const { row, step } = this;
    const title = row?.person ?? (row?.name || t("live.user", { id: this.user }));
    if (step && row) return this.next(step, row, title);
    return html`<sid-dialog .heading=${title}>
      ${row
        ? this.about(row)
        : this.found.value && !this.found.busy
          ? html`<p class="dim">${t("people.gone")}</p>`
          : waiting}
      <div slot="footer">
        ${row
          ? html`<button @click=${() => (this.step = "rename")}>${icon(mdi.edit)}${t("people.rename")}</button>
              <button class="main" ?disabled=${!this.able(row, ...WAYS).length} @click=${() => (this.step = "enrol")}>
                ${icon(mdi.finger)}${enrolText(this.ctx, this.able(row, ...WAYS))}
              </button>`
          : leaving(this, "common.close")}
      </div>
    </sid-dialog>`;
  }

  /** The terminals that have the user and can do something now. */
  private able(row: UserRow, ...actions: readonly string[]): TerminalRow[] {
    return this.terminals.filter(
      (one) =>
        one.online !== false &&
        actions.some((action) => one.actions.includes(action)) &&
        row.places.some((place) => place.serial === one.serial),
    );
  }

  private about(row: UserRow) {
    const { t } = this.ctx;
    const templates = this.templates.value?.places ?? [];
    const missing = this.terminals.filter((one) => !row.places.some((place) => place.serial === one.serial));
    return html`<div class="stack">
      <dl class="facts">
        <dt>${t("people.user_id")}</dt>
        <dd class="num">${row.user_id}</dd>
      </dl>
      ${row.differs ? html`<div class="notice warn">${icon(mdi.drift)}<span>${t("people.differs_help")}</span></div>` : nothing}
      <section class="stack tight">
        <h3>${t("people.at")}</h3>
        ${this.templates.busy ? html`<div class="progress" aria-label=${t("people.asking")}></div>` : nothing}
        <ul>
          ${row.places.map((place) => {
            const has = templates.find((one) => one.serial === place.serial);
            const terminal = this.terminals.find((one) => one.serial === place.serial);
            return html`<li>
              <div class="row wrap">
                <strong class="grow">${place.terminal}</strong>
                <span class="dim">${place.name}</span>
                ${place.role === "user" ? nothing : chip(this.ctx.texts.word("roles", place.role), "warn")}
                ${place.disabled ? chip(t("people.disabled"), "bad") : nothing}
              </div>
              <div class="row wrap">
                ${typeof has?.fingerprints === "number"
                  ? chip(t("people.fingers", { count: has.fingerprints }), has.fingerprints ? "ok" : "", mdi.finger)
                  : nothing}
                ${typeof has?.faces === "number"
                  ? chip(t("people.faces", { count: has.faces }), has.faces ? "ok" : "", mdi.face)
                  : nothing}
                ${has?.problem ? html`<small class="dim grow">${this.ctx.texts.problem(has.problem)}</small>` : html`<span class="grow"></span>`}
                <button
                  class="plain"
                  ?disabled=${!terminal?.actions.includes("remove_user") || terminal.online === false}
                  @click=${() => {
                    this.at = place;
                    this.step = "remove";
                  }}
                >
                  ${icon(mdi.remove)}${t("people.remove")}
                </button>
              </div>
            </li>`;
          })}
        </ul>
      </section>
      ${missing.length
        ? html`<section class="stack tight">
            <h3>${t("people.missing_at")}</h3>
            <div class="row wrap">${missing.map((one) => chip(one.name))}</div>
            <div class="row">
              <button ?disabled=${!this.able(row, "transfer_templates").length} @click=${() => (this.step = "copy")}>
                ${icon(mdi.copy)}${t("people.copy")}
              </button>
            </div>
          </section>`
        : nothing}
    </div>`;
  }

  private next(step: Step, row: UserRow, title: string) {
    const { t } = this.ctx;
    const back = (event: Event) => {
      event.stopPropagation();
      this.step = undefined;
    };
    if (step === "enrol") {
      const able = this.able(row, ...WAYS);
      return html`<sid-enrol
        .ctx=${this.ctx}
        .user=${row.user_id}
        .called=${title}
        .terminal=${able.length === 1 ? able[0] : undefined}
        @closed=${back}
      ></sid-enrol>`;
    }
    if (step === "copy")
      return html`<sid-copy
        .ctx=${this.ctx}
        .source=${this.able(row, "transfer_templates")[0]}
        .users=${[row.user_id]}
        @closed=${back}
      ></sid-copy>`;
    if (step === "rename")
      return html`<sid-dialog .heading=${t("people.rename_title", { name: title })} @closed=${back}>
        <label class="field">
          ${t("people.name")}
          <input
            autocomplete="off"
            .value=${this.name || row.name}
            @input=${(event: Event) => {
              this.name = (event.target as HTMLInputElement).value;
            }}
          />
          <small>${t("people.rename_help")}</small>
        </label>
        <div slot="footer">
          ${leaving(this)}
          <button class="main" ?disabled=${!this.name.trim()} @click=${() => this.rename(row)}>${t("people.rename")}</button>
        </div>
      </sid-dialog>`;
    const place = this.at;
    return html`<sid-confirm
      .ctx=${this.ctx}
      .heading=${t("actions.remove_user.name")}
      .text=${t("confirm.remove_user", { name: title, terminal: place?.terminal ?? "" })}
      .button=${t("actions.remove_user.name")}
      .word=${row.name || row.user_id}
      @closed=${back}
      @confirmed=${(event: Event) => {
        back(event);
        void this.ctx.begin("remove_user", { device_id: [place?.device_id], user_id: row.user_id });
      }}
    ></sid-confirm>`;
  }

  private rename(row: UserRow): void {
    const name = this.name.trim();
    this.step = undefined;
    this.name = "";
    const devices = this.able(row, "update_user").map((one) => one.device_id);
    void this.ctx.begin("update_user", { device_id: devices, user_id: row.user_id, name });
  }
}
