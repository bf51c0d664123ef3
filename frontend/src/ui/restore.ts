/** Brings users back from an encrypted file: first as a plan, then in words. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { Loaded, Part } from "../context";
import type { TerminalRow } from "../types";
import { leaving, shut } from "./dialog";
import { icon, mdi } from "./icons";

@customElement("sid-restore")
export class SidRestore extends Part {
  @property({ attribute: false }) terminal!: TerminalRow;
  @state() private file = "";
  @state() private passphrase = "";
  @state() private written = "";
  private list = new Loaded(this, "backups/list");

  override firstUpdated(): void {
    void this.list.ask({});
  }

  override render() {
    const { t, f } = this.ctx;
    const backups = this.list.value?.backups ?? [];
    const file = this.file || backups[0]?.file || "";
    const ready = file !== "" && this.passphrase !== "";
    const sure = this.written.trim().toLocaleLowerCase() === this.terminal.name.trim().toLocaleLowerCase();
    return html`<sid-dialog
      .heading=${t("restore.title", { name: this.terminal.name })}
    >
      ${this.list.value && !backups.length
        ? html`<div class="empty">${icon(mdi.backup)}<p>${t("restore.empty")}</p></div>`
        : html`<div class="stack">
            <p>${t("restore.about")}</p>
            <label class="field">
              ${t("restore.file")}
              <select
                @change=${(event: Event) => {
                  this.file = (event.target as HTMLSelectElement).value;
                }}
              >
                ${backups.map(
                  (one) =>
                    html`<option value=${one.file} ?selected=${one.file === file}>
                      ${one.file} · ${f.moment(one.made)} · ${f.size(one.size)}
                    </option>`,
                )}
              </select>
            </label>
            <label class="field">
              ${t("restore.passphrase")}
              <input
                type="password"
                autocomplete="off"
                .value=${this.passphrase}
                @input=${(event: Event) => {
                  this.passphrase = (event.target as HTMLInputElement).value;
                }}
              />
              <small>${t("restore.passphrase_help")}</small>
            </label>
            <div class="row">
              <button ?disabled=${!ready} @click=${() => this.begin(file, true)}>${t("restore.plan")}</button>
            </div>
            ${ready
              ? html`<div class="notice warn">${icon(mdi.error)}<span>${t("restore.warning", { name: this.terminal.name })}</span></div>
                  <label class="field">
                    ${t("confirm.write", { word: this.terminal.name })}
                    <input
                      autocomplete="off"
                      .value=${this.written}
                      @input=${(event: Event) => {
                        this.written = (event.target as HTMLInputElement).value;
                      }}
                    />
                  </label>`
              : nothing}
          </div>`}
      <div slot="footer">
        ${leaving(this)}
        ${backups.length
          ? html`<button class="danger" ?disabled=${!ready || !sure} @click=${() => this.begin(file, false)}>
              ${t("actions.restore_users.name")}
            </button>`
          : nothing}
      </div>
    </sid-dialog>`;
  }

  private begin(file: string, plan: boolean): void {
    const { passphrase } = this;
    if (!plan) this.close();
    void this.ctx.begin("restore_users", {
      device_id: [this.terminal.device_id],
      file,
      passphrase,
      dry_run: plan,
    });
  }

  private close = (): void => shut(this);
}
