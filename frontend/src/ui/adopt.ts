/** Asks before users of terminals become people: how many, and which kind they are. */

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { Loaded, Part } from "../context";
import { leaving, shut } from "./dialog";
import { icon, mdi } from "./icons";
import { kindField } from "./person";
import { failed, waiting } from "./notice";

@customElement("sid-adopt")
export class SidAdopt extends Part {
  @state() private kind = "staff";
  private would = new Loaded(this, "people/adopt");

  override firstUpdated(): void {
    void this.would.ask({ dry_run: true });
  }

  override render() {
    const { t, texts } = this.ctx;
    const would = this.would.value;
    const error = this.would.error ? texts.error(this.would.error) : "";
    return html`<sid-dialog .heading=${t("people.adopt_title")}>
      <div class="stack">
        ${failed(error)}
        ${would
          ? would.people
            ? html`<p>${t("people.adopt_ask", { people: would.people, users: would.users })}</p>
                ${would.unnamed
                  ? html`<div class="notice">${icon(mdi.nobody)}<span>${t("people.adopt_unnamed", { count: would.unnamed })}</span></div>`
                  : nothing}
                ${kindField(this.ctx, this.kind, (kind) => {
                  this.kind = kind;
                })}`
            : html`<p>${t("people.adopt_none")}</p>`
          : error
            ? nothing
            : waiting}
      </div>
      <div slot="footer">
        ${leaving(this)}
        ${would?.people
          ? html`<button class="main" @click=${this.take}>
              ${icon(mdi.people)}${t("people.adopt_do", { count: would.people })}
            </button>`
          : nothing}
      </div>
    </sid-dialog>`;
  }

  private take = (): void => {
    shut(this);
    void this.ctx.begin("adopt_people", { kind: this.kind });
  };
}
