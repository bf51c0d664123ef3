/** Copies users with their fingers and faces to other terminals: first as a plan. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { Loaded, Part } from "../context";
import type { TerminalRow } from "../types";
import { chip } from "./chip";
import { leaving, shut } from "./dialog";

/** The ids of a text in which somebody has listed them. */
export const idsOf = (text: string): string[] => [...new Set(text.split(/[\s,;]+/).filter(Boolean))];

@customElement("sid-copy")
export class SidCopy extends Part {
  @property({ attribute: false }) source!: TerminalRow;
  /** Whom to begin with. */
  @property({ attribute: false }) users: readonly string[] = [];
  @state() private targets = new Set<string>();
  @state() private everybody = true;
  @state() private ids = "";
  private list = new Loaded(this, "terminals/list");

  override firstUpdated(): void {
    if (this.users.length) {
      this.everybody = false;
      this.ids = this.users.join(", ");
    }
    void this.list.ask({ limit: 150 });
  }

  override render() {
    const { t } = this.ctx;
    const others = (this.list.value?.terminals ?? []).filter(
      (row) => row.serial !== this.source.serial && row.device_id && row.actions.includes("transfer_templates"),
    );
    const whom = this.everybody || idsOf(this.ids).length > 0;
    return html`<sid-dialog .heading=${t("copy.title", { name: this.source.name })}>
      <div class="stack">
        <p>${t("copy.about")}</p>
        <fieldset>
          <legend><strong>${t("copy.to")}</strong></legend>
          ${others.map(
            (row) => html`<label class="check">
              <input
                type="checkbox"
                .checked=${this.targets.has(row.device_id ?? "")}
                @change=${(event: Event) => this.pick(row.device_id ?? "", (event.target as HTMLInputElement).checked)}
              />
              <span class="grow">${row.name}</span>
              ${row.online === false ? chip(t("terminals.states.offline"), "bad") : nothing}
            </label>`,
          )}
          ${this.list.value && !others.length ? html`<p class="dim">${t("copy.no_others")}</p>` : nothing}
        </fieldset>
        <fieldset>
          <legend><strong>${t("copy.whom")}</strong></legend>
          <label class="check">
            <input type="radio" name="whom" .checked=${this.everybody} @change=${() => (this.everybody = true)} />
            ${t("copy.everybody")}
          </label>
          <label class="check">
            <input type="radio" name="whom" .checked=${!this.everybody} @change=${() => (this.everybody = false)} />
            ${t("copy.some")}
          </label>
          ${this.everybody
            ? nothing
            : html`<label class="field">
                ${t("copy.ids")}
                <textarea
                  rows="2"
                  .value=${this.ids}
                  @input=${(event: Event) => {
                    this.ids = (event.target as HTMLTextAreaElement).value;
                  }}
                ></textarea>
                <small>${t("copy.ids_help")}</small>
              </label>`}
        </fieldset>
      </div>
      <div slot="footer">
        ${leaving(this)}
        <button class="main" ?disabled=${!this.targets.size || !whom} @click=${this.plan}>${t("copy.plan")}</button>
      </div>
    </sid-dialog>`;
  }

  private pick(device: string, on: boolean): void {
    const targets = new Set(this.targets);
    if (on) targets.add(device);
    else targets.delete(device);
    this.targets = targets;
  }

  private plan = (): void => {
    this.close();
    void this.ctx.begin("transfer_templates", {
      device_id: this.source.device_id,
      target_device_id: [...this.targets],
      ...(this.everybody ? {} : { user_id: idsOf(this.ids) }),
      dry_run: true,
    });
  };

  private close = (): void => shut(this);
}
