/** Enrols a finger: who, which finger, and then three presses that are followed live. */

import { css, html, nothing, svg } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { call } from "../api";
import { Loaded, Part, type Context } from "../context";
import type { JobDetail, TerminalRow, UserRow } from "../types";
import { leaving, shut } from "./dialog";
import { failed, waiting } from "./notice";
import { searchField } from "./search";
import { shared } from "./styles";

// Where the fingertips of two hands are, backs upwards: 0 is the left little finger, 9 the right one.
const TIPS: readonly [number, number][] = [
  [22, 62], [48, 30], [76, 18], [104, 30], [136, 84],
  [184, 84], [216, 30], [244, 18], [272, 30], [298, 62],
];
const PALMS: readonly [number, number][] = [
  [80, 128],
  [240, 128],
];

@customElement("sid-enrol")
export class SidEnrol extends Part {
  /** Where; asked if there is none. */
  @property({ attribute: false }) terminal?: TerminalRow;
  /** Who; asked if there is none. */
  @property() user = "";
  @state() private chosen?: TerminalRow;
  @state() private isNew = false;
  @state() private userId = "";
  @state() private name = "";
  @state() private finger?: number;
  @state() private overwrite = false;
  @state() private error = "";
  @state() private busy = false;
  private terminals = new Loaded(this, "terminals/list");
  private found = new Loaded(this, "users/list");

  static override styles = [
    shared,
    css`
      svg.hands {
        width: 100%;
        max-width: 400px;
        margin: 0 auto;
        display: block;
        direction: ltr;
      }
      .bone {
        stroke: color-mix(in srgb, var(--sid-dim) 30%, var(--sid-card));
        stroke-width: 22;
        stroke-linecap: round;
      }
      .palm {
        fill: color-mix(in srgb, var(--sid-dim) 30%, var(--sid-card));
      }
      .tip {
        fill: var(--sid-card);
        stroke: var(--sid-dim);
        stroke-width: 2;
        cursor: pointer;
      }
      .tip.chosen {
        fill: var(--sid-blue);
        stroke: var(--sid-blue);
      }
      fieldset {
        border: 0;
        padding: 0;
        margin: 0;
        min-width: 0;
      }
      .options {
        display: grid;
        max-height: 240px;
        overflow: auto;
        border: 1px solid var(--sid-line);
        border-radius: 8px;
      }
      .options label {
        padding: 0 12px;
      }
    `,
  ];

  override firstUpdated(): void {
    this.chosen = this.terminal;
    this.userId = this.user;
    if (!this.terminal) void this.terminals.ask({ limit: 150 });
    this.find("");
  }

  private find(search: string): void {
    const serial = this.chosen?.serial ?? this.terminal?.serial;
    if (serial && !this.user) void this.found.ask({ search, serial, limit: 20 });
  }

  override render() {
    const { t } = this.ctx;
    const there = this.chosen;
    const ready = there && this.finger !== undefined && this.userId.trim() !== "" && !this.busy;
    return html`<sid-dialog
      .heading=${there ? t("enrol.title_at", { name: there.name }) : t("enrol.title")}
    >
      <div class="stack">
        ${this.terminal ? nothing : this.where()} ${this.user ? nothing : this.who()} ${this.which()}
        ${failed(this.error, true)}
        ${this.busy ? waiting : nothing}
      </div>
      <div slot="footer">
        ${leaving(this)}
        <button class="main" ?disabled=${!ready} @click=${this.start}>${t("enrol.start")}</button>
      </div>
    </sid-dialog>`;
  }

  private where() {
    const { t } = this.ctx;
    const able = (this.terminals.value?.terminals ?? []).filter((row) => row.actions.includes("enroll_fingerprint"));
    return html`<label class="field">
      ${t("enrol.where")}
      <select
        @change=${(event: Event) => {
          const { value } = event.target as HTMLSelectElement;
          this.chosen = able.find((row) => row.serial === value);
          // Who was chosen is of the terminal before; who is new may be as well there.
          if (!this.isNew) this.userId = this.user;
          this.find("");
        }}
      >
        <option value="" ?selected=${!this.chosen}>${t("enrol.choose")}</option>
        ${able.map(
          (row) =>
            html`<option value=${row.serial} ?disabled=${row.online === false} ?selected=${row.serial === this.chosen?.serial}>
              ${row.name}
            </option>`,
        )}
      </select>
    </label>`;
  }

  private who() {
    const { t } = this.ctx;
    if (!this.chosen) return nothing;
    const input = (set: (value: string) => void) => (event: Event) => set((event.target as HTMLInputElement).value);
    return html`<fieldset class="stack tight">
      <legend><strong>${t("enrol.who")}</strong></legend>
      <div class="filters" role="group" aria-label=${t("enrol.who")}>
        <button aria-pressed=${!this.isNew} @click=${() => this.mode(false)}>${t("enrol.known")}</button>
        <button aria-pressed=${this.isNew} @click=${() => this.mode(true)}>${t("enrol.new")}</button>
      </div>
      ${this.isNew
        ? html`<label class="field">
              ${t("people.user_id")}
              <input
                inputmode="numeric"
                autocomplete="off"
                .value=${this.userId}
                @input=${input((value) => (this.userId = value))}
              />
              <small>${t("enrol.id_help")}</small>
            </label>
            <label class="field">
              ${t("people.name")}
              <input autocomplete="off" .value=${this.name} @input=${input((value) => (this.name = value))} />
            </label>`
        : html`${searchField(this.ctx, t("people.search"), (search) => this.find(search))}
            <div class="options" role="radiogroup" aria-label=${t("enrol.who")}>
              ${(this.found.value?.users ?? []).map(
                (user: UserRow) => html`<label class="check">
                  <input
                    type="radio"
                    name="user"
                    .checked=${this.userId === user.user_id}
                    @change=${() => {
                      this.userId = user.user_id;
                    }}
                  />
                  <span class="grow clip">${user.name || t("live.user", { id: user.user_id })}</span>
                  <span class="dim num">${user.user_id}</span>
                </label>`,
              )}
              ${this.found.value && !this.found.value.count ? html`<p class="dim" style="padding:12px">${t("common.nothing_fits")}</p>` : nothing}
            </div>`}
    </fieldset>`;
  }

  private mode(isNew: boolean): void {
    this.isNew = isNew;
    this.userId = "";
  }

  private which() {
    const { t } = this.ctx;
    const pick = (finger: number) => () => {
      this.finger = finger;
    };
    return html`<fieldset class="stack tight">
      <legend><strong>${t("enrol.finger")}</strong></legend>
      <svg class="hands" viewBox="0 0 320 190" aria-hidden="true">
        ${TIPS.map(([x, y], finger) => {
          const [px, py] = PALMS[finger < 5 ? 0 : 1] as [number, number];
          return svg`<line class="bone" x1=${x} y1=${y} x2=${px + (x - px) * 0.3} y2=${py}></line>`;
        })}
        ${PALMS.map(([x, y]) => svg`<rect class="palm" x=${x - 42} y=${y - 24} width="84" height="78" rx="30"></rect>`)}
        ${TIPS.map(
          ([x, y], finger) =>
            svg`<circle class="tip ${finger === this.finger ? "chosen" : ""}" cx=${x} cy=${y} r="13" @click=${pick(finger)}></circle>`,
        )}
      </svg>
      <label class="field">
        <span class="visually-hidden">${t("enrol.finger")}</span>
        <select
          @change=${(event: Event) => {
            const { value } = event.target as HTMLSelectElement;
            this.finger = value === "" ? undefined : Number(value);
          }}
        >
          <option value="" ?selected=${this.finger === undefined}>${t("enrol.choose")}</option>
          ${TIPS.map(
            (_, finger) => html`<option value=${finger} ?selected=${finger === this.finger}>${t(`fingers.f${finger}`)}</option>`,
          )}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          .checked=${this.overwrite}
          @change=${(event: Event) => {
            this.overwrite = (event.target as HTMLInputElement).checked;
          }}
        />
        ${t("enrol.overwrite")}
      </label>
    </fieldset>`;
  }

  private start = async (): Promise<void> => {
    const { texts } = this.ctx;
    const there = this.chosen;
    const userId = this.userId.trim();
    this.error = "";
    if (!there) return;
    if (this.isNew) {
      this.busy = true;
      try {
        const made = await finished(
          this.ctx,
          "enroll_user",
          { device_id: [there.device_id], user_id: userId, ...(this.name.trim() ? { name: this.name.trim() } : {}) },
        );
        if (made.job.problem) this.error = texts.problem(made.job.problem);
      } catch (error) {
        this.error = texts.error(error);
      } finally {
        this.busy = false;
      }
      // Who has left meanwhile has not asked for a finger.
      if (this.error || !this.isConnected) return;
    }
    this.close();
    await this.ctx.begin("enroll_fingerprint", {
      device_id: there.device_id,
      user_id: userId,
      finger: this.finger,
      overwrite: this.overwrite,
    });
  };

  private close = (): void => shut(this);
}

/** Begins something short and waits for its end, without showing it. */
async function finished(ctx: Context, action: string, data: Record<string, unknown>): Promise<JobDetail> {
  const { id } = await call(ctx.hass(), "jobs/begin", { action, data });
  for (;;) {
    const detail = await call(ctx.hass(), "jobs/get", { job: id });
    if (detail.job.state !== "running") return detail;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
