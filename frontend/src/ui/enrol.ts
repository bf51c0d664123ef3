/** Enrols a finger or a face: who, which finger, and then what they do at the terminal is followed live. */

import { css, html, nothing, svg } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { call } from "../api";
import { Loaded, Part, type Context } from "../context";
import type { JobDetail, TerminalRow, UserRow } from "../types";
import { actionIcon } from "./actions";
import { leaving, shut } from "./dialog";
import { failed, waiting } from "./notice";
import { searchField } from "./search";
import { shared } from "./styles";
import { discard, jpegOf, upload } from "./upload";

// What somebody can be known by; not each terminal can do each.
export const WAYS = ["enroll_fingerprint", "enroll_face", "set_face"] as const;
export type Way = (typeof WAYS)[number];

export const waysOf = (terminals: readonly TerminalRow[]): Way[] =>
  WAYS.filter((way) => terminals.some((row) => row.actions.includes(way)));

/** What the button says that leads here, where faces can be enrolled or cannot. */
export const enrolText = ({ t }: Context, terminals: readonly TerminalRow[]): string =>
  t(waysOf(terminals).some((way) => way !== "enroll_fingerprint") ? "people.enrol_any" : "people.enrol");

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
  /** What they are called. */
  @property() called = "";
  /** How, if the terminal can do it so. */
  @property() way: Way = "enroll_fingerprint";
  @state() private chosen?: TerminalRow;
  @state() private isNew = false;
  @state() private userId = "";
  @state() private name = "";
  @state() private finger?: number;
  @state() private overwrite = false;
  @state() private picture?: { blob: Blob; url: string };
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
      img {
        max-height: 200px;
        max-width: 100%;
        border-radius: 8px;
        justify-self: center;
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
    const { done, kind } = this;
    const isFace = kind !== "enroll_fingerprint";
    const title = isFace ? t(`actions.${kind}.name`) : there ? t("enrol.title_at", { name: there.name }) : t("enrol.title");
    return html`<sid-dialog
      .heading=${[this.called, title].filter(Boolean).join(" · ")}
    >
      <div class="stack">
        ${this.terminal ? nothing : this.where()} ${this.user ? nothing : this.who()} ${this.how()}
        ${isFace ? this.face() : this.which()}
        ${kind === "set_face"
          ? nothing
          : html`<label class="check">
              <input
                type="checkbox"
                .checked=${this.overwrite}
                @change=${(event: Event) => {
                  this.overwrite = (event.target as HTMLInputElement).checked;
                }}
              />
              ${t(isFace ? "enrol.overwrite_face" : "enrol.overwrite")}
            </label>`}
        ${failed(this.error, true)}
        ${this.busy ? waiting : nothing}
      </div>
      <div slot="footer">
        ${leaving(this)}
        <button class="main" ?disabled=${!there || !this.userId.trim() || !done || this.busy} @click=${this.start}>${t("enrol.start")}</button>
      </div>
    </sid-dialog>`;
  }

  private where() {
    const { t } = this.ctx;
    const able = (this.terminals.value?.terminals ?? []).filter((row) => waysOf([row]).length);
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

  /** How the terminal that was chosen can know them. */
  private get ways(): Way[] {
    return this.chosen ? waysOf([this.chosen]) : [];
  }

  private get kind(): Way {
    const { way, ways } = this;
    return ways.includes(way) ? way : (ways[0] ?? "enroll_fingerprint");
  }

  /** Whether all is said that this way needs. */
  private get done(): boolean {
    const { kind } = this;
    return kind === "enroll_face" || (kind === "set_face" ? this.picture : this.finger) !== undefined;
  }

  private how() {
    const { t } = this.ctx;
    const { ways, kind } = this;
    if (ways.length < 2) return nothing;
    return html`<div class="filters wrap" role="group" aria-label=${t("enrol.how")}>
      ${ways.map(
        (way) => html`<button aria-pressed=${way === kind} @click=${() => (this.way = way)}>${actionIcon(way)}${t(`actions.${way}.name`)}</button>`,
      )}
    </div>`;
  }

  private face() {
    const { t } = this.ctx;
    if (this.kind === "enroll_face") return html`<p>${t("enrol.face_help")}</p>`;
    return html`${this.picture ? html`<img src=${this.picture.url} alt="" />` : nothing}
      <label class="field">
        ${t("enrol.picture")}
        <input type="file" accept="image/*" @change=${this.choose} />
        <small>${t("enrol.picture_help")}</small>
      </label>`;
  }

  private choose = async (event: Event): Promise<void> => {
    const [file] = (event.target as HTMLInputElement).files ?? [];
    const blob = file && (await jpegOf(file));
    this.forget();
    if (blob) this.picture = { blob, url: URL.createObjectURL(blob) };
    this.error = file && !blob ? this.ctx.t("enrol.no_picture") : "";
  };

  private forget(): void {
    if (this.picture) URL.revokeObjectURL(this.picture.url);
    this.picture = undefined;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.forget();
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
    </fieldset>`;
  }

  private start = async (): Promise<void> => {
    const { ctx, kind, picture } = this;
    const there = this.chosen;
    if (!there) return;
    const { device_id } = there;
    const user_id = this.userId.trim();
    const data: Record<string, unknown> = { device_id, user_id };
    if (kind !== "set_face") data.overwrite = this.overwrite;
    if (kind === "enroll_fingerprint") data.finger = this.finger;
    this.error = "";
    this.busy = true;
    try {
      if (this.isNew) {
        const name = this.name.trim();
        const { job } = await finished(ctx, "enroll_user", { device_id: [device_id], user_id, ...(name ? { name } : {}) });
        if (job.problem) this.error = ctx.texts.problem(job.problem);
        // Not made once more, should what follows fail.
        else this.isNew = false;
      }
      if (kind === "set_face" && picture && !this.error) data.upload = await upload(ctx, picture.blob);
    } catch (error) {
      this.error = ctx.texts.error(error);
    }
    this.busy = false;
    // Who has left meanwhile has not asked for a finger, and nobody fetches their face.
    if (!this.isConnected && data.upload) await discard(ctx, data.upload as string).catch(() => {});
    if (this.error || !this.isConnected) return;
    this.close();
    await ctx.begin(kind, data);
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
