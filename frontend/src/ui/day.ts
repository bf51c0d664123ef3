/** One day of a person: the punches, why the mark is what it is, and what humans say of it. */

import { css, html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { act } from "../api";
import { Loaded, Part } from "../context";
import { keep, kept } from "../draft";
import { addressOf } from "../router";
import type { DayPunch, Said, Traced, Why } from "../types";
import { leaving } from "./dialog";
import { notify } from "./ha";
import { icon, mdi, methodIcon } from "./icons";
import { follow } from "./links";
import { WAYS, markChip } from "./marks";
import { failed, refused, waiting } from "./notice";
import { shared } from "./styles";

// Times of day in what a mark is explained by.
const CLOCKS = ["first_in", "last_out", "start", "end", "begin", "until"];
// What a human can say of a day; the last takes back what was said.
const MARKS = ["present", "late", "half_day", "absent", "on_leave", "excused", "holiday", "day_off", "by_punches"];

interface Correction {
  mark: string;
  time: string;
  why: string;
}

/** What humans said and what became of the day, in turn; what came of a word is told with it. */
function historyOf(said: Said[], trace: Traced[]): (Traced | (Said & { after?: Traced }))[] {
  const lines: (Traced | (Said & { after?: Traced }))[] = [];
  for (const one of [...said, ...trace].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    const last = lines.at(-1);
    if ("cause" in one && one.cause === "correction" && last && "kind" in last && !last.after) last.after = one;
    else lines.push({ ...one });
  }
  return lines;
}

const NOTHING: Correction = { mark: "", time: "", why: "" };

@customElement("sid-day")
export class SidDay extends Part {
  @property() person = "";
  @property() date = "";
  /** The punch that is corrected; the day if there is none. */
  @state() private punch?: DayPunch;
  /** What is said of either. */
  @state() private mark = "";
  @state() private time = "";
  @state() private why = "";
  @state() private busy = false;
  @state() private error = "";
  private detail = new Loaded(this, "attendance/day");
  private asked = "";

  static override styles = [
    shared,
    css`
      form {
        border-top: 1px solid var(--sid-line);
        padding-top: 16px;
      }
      /* The reasons are parts of a sentence in logs and exports; here each is its own. */
      .why::first-letter {
        text-transform: uppercase;
      }
      a {
        color: inherit;
      }
      .gone {
        text-decoration: line-through;
      }
    `,
  ];

  private get draftKey(): string {
    return `day ${this.person} ${this.date}`;
  }

  private write({ mark, time, why }: Correction): void {
    this.mark = mark;
    this.time = time;
    this.why = why;
  }

  protected override updated(): void {
    const { mark, time, why, punch } = this;
    // What is said of a punch would come back as said of the day.
    keep(this.draftKey, !punch && (mark || time || why) ? { mark, time, why } : undefined);
  }

  protected override willUpdate(_: PropertyValues): void {
    if (!this.hasUpdated) this.write(kept<Correction>(this.draftKey) ?? NOTHING);
    const now = [this.person, this.date, this.ctx.changed.marks].join();
    if (now === this.asked) return;
    this.asked = now;
    void this.detail.ask({ person_id: this.person, date: this.date });
  }

  private reason(why: Why): string {
    const { t, f, texts } = this.ctx;
    const values = Object.entries(why.values).map(([key, value]) => [
      key,
      CLOCKS.includes(key) ? this.clock(value) : f.apart(key === "status" ? texts.word("statuses", value) : value),
    ]);
    const text = t(`why.${why.key}`, Object.fromEntries(values));
    return text === `why.${why.key}` ? why.text : text;
  }

  /** A time of day; with its date if that is another one. */
  private clock(value: string): string {
    const { f } = this.ctx;
    const [time = "", date = this.date] = value.split(" ").reverse();
    return date === this.date ? f.clock(time) : `${f.date(date)} ${f.clock(time)}`;
  }

  override render() {
    const { t, f, texts } = this.ctx;
    const detail = this.detail.value;
    const day = detail?.day;
    return html`<sid-dialog
      .heading=${[day?.person, f.date(this.date)].filter(Boolean).join(" · ")}
      @closed=${() => this.write(NOTHING)}
    >
      ${refused(texts, this.detail.error)}
      ${!detail
        ? waiting
        : html`<div class="stack">
            ${day
              ? html`<div class="row wrap">
                    ${markChip(this.ctx, day.status, day.final)}
                    <span class="num span">${f.span(day.first_in ? f.time(day.first_in) : "", day.last_out ? f.time(day.last_out) : "")}</span>
                    <span class="dim num">${t("attendance.hours_of", { hours: f.hours(day.hours) })}</span>
                  </div>
                  <section class="stack tight">
                    <h3>${t("attendance.why")}</h3>
                    ${detail.reasons.map((why) => html`<p class="why">${this.reason(why)}</p>`)}
                    ${detail.reasons.some(({ key }) => key === "waiting")
                      ? html`<p class="dim">${t("attendance.open_help")} <a class="terminals" href=${addressOf("terminals")} @click=${follow}>${t("tabs.terminals")}</a></p>`
                      : nothing}
                    <p class="dim shift">${detail.shift ? t("attendance.by_shift", { shift: f.apart(detail.shift) }) : t("attendance.by_usual")}</p>
                  </section>`
              : html`<p class="dim">${t("attendance.no_mark")}</p>`}
            <section>
              <h3>${t("attendance.punches")}</h3>
              ${detail.punches.length ? nothing : html`<p class="dim">${t("attendance.no_punches")}</p>`}
              <ul class="lines">
                ${detail.punches.map(
                  (punch) => {
                    const is = f.today(new Date(punch.time)) === this.date;
                    return html`<li>
                    <span title=${texts.word("methods", punch.method)}>${methodIcon(punch.method)}</span>
                    <span class="grow clip">${(punch.device_name ?? punch.device) || t("attendance.said.add_punch")}</span>
                    <span class="dim">${punch.voided ? t("attendance.said.void_punch") : texts.word("directions", punch.direction)}</span>
                    <time class="num nowrap ${punch.voided ? "gone" : ""} ${is ? "" : "dim"}" datetime=${punch.time}>
                      ${is ? nothing : f.day(punch.time)} ${f.time(punch.time)}
                    </time>
                    <button class="icon" aria-label=${t("attendance.correct_punch", { time: f.time(punch.time) })} @click=${() => this.about(punch)}>
                      ${icon(mdi.edit)}
                    </button>
                  </li>`;
                  },
                )}
              </ul>
              ${detail.punch_count > detail.punches.length
                ? html`<p class="dim">${t("card.more", { count: f.number(detail.punch_count - detail.punches.length) })}</p>`
                : nothing}
            </section>
            ${this.said()} ${this.correct()}
          </div>`}
      <div slot="footer">${detail ? this.saving() : leaving(this, "common.close")}</div>
    </sid-dialog>`;
  }

  private said() {
    const { t, f, texts } = this.ctx;
    const { said = [], trace = [] } = this.detail.value ?? {};
    if (!said.length && trace.length < 2) return nothing;
    return html`<section>
      <h3>${t("attendance.history")}</h3>
      <ul class="lines">
        ${historyOf(said, trace).map(
          (one) => html`<li>
            ${"cause" in one
              ? html`<span class="grow">${markChip(this.ctx, one.status, one.final)} <span class="dim">${texts.word("attendance.causes", one.cause)}</span></span>`
              : html`<span class="grow">
              ${one.status ? nothing : t(`attendance.said.${one.kind}`)}
              ${one.status && one.status !== one.after?.status ? markChip(this.ctx, one.status, true) : nothing}
              ${one.direction ? texts.word("directions", one.direction) : nothing}
              ${one.time ? html`<span class="num">${f.full(one.time)}</span>` : nothing}
              ${one.after ? markChip(this.ctx, one.after.status, one.after.final) : nothing}
              <span class="dim" style="display:block">${one.by}: ${one.why}</span>
            </span>`}
            <time class="dim num" datetime=${one.at}>${f.full(one.at)}</time>
          </li>`,
        )}
      </ul>
    </section>`;
  }

  /** Turns to a punch, or back to the day. */
  private about(punch?: DayPunch): void {
    this.punch = punch;
    this.mark = "";
    void this.updateComplete.then(() => this.renderRoot.querySelector("select")?.focus());
  }

  /** What is still to be said before it can be saved. */
  private get needs(): string {
    const { t } = this.ctx;
    const { punch } = this;
    if (!(this.mark || (this.time && !punch))) return t(punch ? "attendance.needs_what" : "attendance.needs_choice");
    return this.why.trim() ? "" : t("attendance.needs_reason");
  }

  /** In sight however many punches there are. */
  private saving() {
    const { t } = this.ctx;
    const { needs } = this;
    return html`<span id="needs" class="dim grow" role="status">${needs}</span>
      ${this.punch ? html`<button @click=${() => this.about()}>${t("common.cancel")}</button>` : leaving(this, "common.close")}
      <button class="main" type="submit" form="correct" aria-describedby="needs" ?disabled=${needs || this.busy}>${t("attendance.save")}</button>`;
  }

  private correct() {
    const { t, f } = this.ctx;
    const { punch } = this;
    return html`<form
      id="correct"
      class="stack"
      @submit=${(event: Event) => {
        event.preventDefault();
        if (!this.needs && !this.busy) void this.save();
      }}
    >
      <h3>${punch ? t("attendance.correct_punch", { time: f.time(punch.time) }) : t("attendance.correct")}</h3>
      ${punch
        ? this.choice("attendance.what", [
            punch.voided ? ["restore_punch", t("attendance.restore_punch")] : ["void_punch", t("attendance.void_punch")],
            // What somebody added is what they said.
            ...(punch.voided || punch.added ? [] : Object.keys(WAYS).map((one): [string, string] => [one, t(`directions.${one}`)])),
          ])
        : html`${this.choice("attendance.mark_as", MARKS.map((mark) => [mark, t(`statuses.${mark}`)]))}
            <label class="field">
              ${t("attendance.forgotten")}
              <input
                type="time"
                .value=${this.time}
                @input=${(event: Event) => {
                  this.time = (event.target as HTMLInputElement).value;
                }}
              />
            </label>`}
      <label class="field">
        ${t("attendance.reason")}
        <input
          .value=${this.why}
          @input=${(event: Event) => {
            this.why = (event.target as HTMLInputElement).value;
          }}
        />
        <small>${t("attendance.reason_help")}</small>
      </label>
      ${failed(this.error, true)}
    </form>`;
  }

  private choice(name: string, options: [value: string, text: string][]) {
    const { t } = this.ctx;
    return html`<label class="field">
      ${t(name)}
      <select
        @change=${(event: Event) => {
          this.mark = (event.target as HTMLSelectElement).value;
        }}
      >
        <option value="" ?selected=${!this.mark}>${t("attendance.as_it_is")}</option>
        ${options.map(([value, text]) => html`<option value=${value} ?selected=${value === this.mark}>${text}</option>`)}
      </select>
    </label>`;
  }

  private async save(): Promise<void> {
    const hass = this.ctx.hass();
    const { person, punch, mark } = this;
    const why = this.why.trim();
    this.busy = true;
    this.error = "";
    try {
      if (punch) {
        const named = { person, time: punch.made, why, ...(punch.device_id ? { device_id: punch.device_id } : {}) };
        if (mark in WAYS) await act(hass, "set_direction", { ...named, direction: mark });
        else await act(hass, mark, named);
      } else {
        if (this.time) await act(hass, "add_punch", { person, time: `${this.date} ${this.time}:00`, why });
        // Not once more, should what follows fail.
        this.time = "";
        if (mark) await act(hass, "mark_attendance", { person: [person], mark, date: this.date, why });
      }
      this.punch = undefined;
      this.mark = this.why = "";
      this.asked = "";
      notify(this, this.ctx.t("rules.saved"));
    } catch (error) {
      this.error = this.ctx.texts.error(error);
    }
    this.busy = false;
  }
}
