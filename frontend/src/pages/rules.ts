/** The rules of attendance, and what they would have made of a day. */

import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { call, type Commands } from "../api";
import { Loaded, Page } from "../context";
import { shifted } from "../dates";
import { keep, kept, unlike } from "../draft";
import type { RuleBook, ShiftRow, Topic } from "../types";
import { notify } from "../ui/ha";
import { icon, mdi } from "../ui/icons";
import { follow } from "../ui/links";
import { markChip } from "../ui/marks";
import { failed, refused, waiting } from "../ui/notice";
import { DAYS, dayName, factsOf, hoursOf, whomOf, workingWeek, weekdayOf } from "../ui/shift";
import { shared } from "../ui/styles";

import "../ui/plans";

export interface Draft {
  start_time: string;
  end_time: string;
  in_window: string;
  out_window: string;
  // As it is written, so that what is wrong can be said.
  grace_minutes: string;
  workdays: string[];
  // Whether somebody said that the end is on the next day.
  night: boolean;
}

const TIME = String.raw`(?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?|24:00)`;
const WINDOW = new RegExp(String.raw`^\s*${TIME}\s*[-–]\s*${TIME}\s*$`);
const MOST_GRACE = 240;
// As what it is kept until it is saved.
const DRAFT = "rules";

/** What is wrong, by field. */
export function wrongWith(draft: Draft): Partial<Record<keyof Draft, string>> {
  const { start_time: start, end_time: end, grace_minutes: grace } = draft;
  const wrong: Partial<Record<keyof Draft, string>> = {};
  if (start && end && end <= start && !draft.night) wrong.end_time = "rules.end_wrong";
  if (!/^\d+$/.test(grace) || Number(grace) > MOST_GRACE) wrong.grace_minutes = "rules.grace_wrong";
  for (const key of ["in_window", "out_window"] as const) {
    if (draft[key] && !WINDOW.test(draft[key])) wrong[key] = "rules.window_wrong";
  }
  if (!draft.workdays.length) wrong.workdays = "rules.days_wrong";
  return wrong;
}

/** Home Assistant writes seconds where none were meant. */
const short = (time: string | null): string => (time ?? "").replace(/^(\d\d:\d\d):00$/, "$1");

const draftOf = (shift: ShiftRow): Draft => ({
  start_time: short(shift.start),
  end_time: short(shift.end),
  in_window: shift.in_window ?? "",
  out_window: shift.out_window ?? "",
  grace_minutes: String(shift.grace_minutes),
  workdays: shift.workdays,
  night: Boolean(shift.start && shift.end && short(shift.end) <= short(shift.start)),
});

@customElement("sid-rules")
export class SidRules extends Page {
  protected readonly topics: readonly Topic[] = ["people"];
  private book = new Loaded(this, "rules/get");
  private preview = new Loaded(this, "rules/preview");
  /** Only what is changed: what others save meanwhile is not written over. */
  @state() private draft = kept<Partial<Draft>>(DRAFT);
  @state() private date = "";
  /** Whether plans are shown that are over. */
  private past = false;
  @state() private busy = false;
  @state() private error = "";

  static override styles = [
    shared,
    css`
      .fields {
        display: grid;
        gap: 16px;
        align-items: start;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 200px), 1fr));
      }
      small.wrong {
        color: color-mix(in srgb, var(--sid-red) 75%, var(--sid-text)) !important;
      }
      [aria-invalid="true"] {
        border-color: var(--sid-red) !important;
      }
      .days {
        padding-top: 8px;
      }
      .shift {
        border-top: 1px solid var(--sid-line);
        padding-top: 12px;
      }
      dl.facts {
        grid-template-columns: minmax(0, auto) minmax(0, 1fr);
        max-width: 560px;
      }
      label.day {
        align-items: center;
      }
      input[type="date"] {
        width: auto;
      }
    `,
  ];

  protected ask(): void {
    void this.book.ask({ past: this.past });
  }

  /** What a draft begins with: with their first start, rules are of the working week, unless somebody chose the days. */
  private begun(book: RuleBook, draft = this.draft): Draft {
    const saved = draftOf(book.usual);
    const isFirst = draft?.start_time && !saved.start_time && !book.workdays_chosen;
    return isFirst ? { ...saved, workdays: workingWeek(this.ctx.hass().config.country) } : saved;
  }

  /** What is changed of the rules as they would be. */
  private said(book: RuleBook, draft: Draft): Commands["rules/save"]["args"] {
    const { start_time, end_time, in_window, out_window, grace_minutes, workdays } = draft;
    const all = {
      workdays,
      grace_minutes: Number(grace_minutes),
      start_time: start_time || null,
      end_time: end_time || null,
      in_window: in_window.trim() || null,
      out_window: out_window.trim() || null,
    };
    const changed = { ...unlike(draftOf(book.usual), draft), ...this.draft };
    return Object.fromEntries(Object.entries(all).filter(([key]) => key in changed));
  }

  override render() {
    const { ctx } = this;
    const { t, f, texts } = ctx;
    const book = this.book.value;
    if (this.book.error)
      return refused(texts, this.book.error);
    if (!book) return waiting;
    // Home Assistant has an address for an entry, where its shifts are listed; none opens a shift, or the form of a new one.
    const address = `/config/integrations/integration/syncid${book.entry_id ? `#config_entry=${book.entry_id}` : ""}`;
    return html`<div class="stack">
      ${this.usual(book, address)} ${this.shown()}
      <section class="card stack" aria-labelledby="shifts">
        <div class="row wrap">
          <h2 id="shifts" class="grow">${t("rules.shifts")}</h2>
          <a class="button" href=${address} @click=${follow}>${icon(mdi.plus)}${t("rules.add_shift")}</a>
        </div>
        <p class="dim">${book.shifts.length ? nothing : t("rules.no_shifts")} ${t("rules.shifts_help")}</p>
        ${book.shifts.map(
          (shift) => html`<article class="stack tight shift" aria-label=${shift.name}>
            <div class="row wrap">
              <h3 class="grow">${shift.name} <span class="num dim">${hoursOf(ctx, shift)}</span></h3>
              <a class="button" href=${address} aria-label="${t("rules.edit")}: ${shift.name}" @click=${follow}>${icon(mdi.edit)}${t("rules.edit")}</a>
            </div>
            ${factsOf(ctx, shift)} ${whomOf(ctx, shift)}
          </article>`,
        )}
      </section>
      <sid-plans
        .ctx=${ctx}
        .book=${book}
        @planned=${() => this.ask()}
        @past=${(event: CustomEvent<boolean>) => {
          this.past = event.detail;
          this.ask();
        }}
      ></sid-plans>
      <section class="card stack tight" aria-labelledby="holidays">
        <h2 id="holidays">${t("rules.holidays")}</h2>
        ${book.holidays.length ? nothing : html`<p class="dim">${t("rules.no_holidays")}</p>`}
        ${book.holidays.map(
          (day) => html`<div class="row"><span class="grow">${day.name}</span><span class="dim">${f.date(day.date)}</span></div>`,
        )}
      </section>
    </div>`;
  }

  private usual(book: RuleBook, address: string) {
    const { t, f } = this.ctx;
    const saved = draftOf(book.usual);
    const begun = this.begun(book);
    const draft = { ...begun, ...this.draft };
    const wrong = wrongWith(draft);
    const isWrong = Object.keys(wrong).length > 0;
    const isSame = JSON.stringify(draft) === JSON.stringify(saved);
    const off = isWrong ? t("rules.off_wrong") : isSame ? t("rules.off_same") : "";
    const change = (changed: Partial<Draft>) => {
      const next = { ...this.draft, ...changed };
      this.write(unlike(this.begun(book, next), next));
      this.error = "";
    };
    const like = (key: keyof Draft) => (key === "out_window" ? "16:00-18:00" : "07:00-09:00");
    const sentence = (key: keyof Draft) =>
      wrong[key] ? html`<small id="wrong-${key}" class="wrong" role="alert">${t(wrong[key], { example: f.apart(like(key)) })}</small>` : nothing;
    const field = (key: "start_time" | "end_time" | "in_window" | "out_window" | "grace_minutes", type: string) => html`<label class="field">
      ${t(key === "grace_minutes" ? "rules.grace" : `rules.${key}`)}
      <input
        type=${type}
        dir=${type === "text" ? "ltr" : nothing}
        min=${type === "number" ? 0 : nothing}
        max=${type === "number" ? MOST_GRACE : nothing}
        .value=${draft[key]}
        placeholder=${type === "text" ? like(key) : ""}
        aria-invalid=${wrong[key] ? "true" : "false"}
        aria-describedby=${wrong[key] ? `wrong-${key}` : nothing}
        @input=${(event: Event) => change({ [key]: (event.target as HTMLInputElement).value })}
      />
      ${type === "text" && !wrong[key] ? html`<small>${t("rules.window_help", { example: f.apart(like(key)) })}</small>` : nothing} ${sentence(key)}
    </label>`;
    const isNight = draft.start_time && draft.end_time && draft.end_time <= draft.start_time;
    return html`<form class="card stack" aria-labelledby="usual" novalidate @submit=${(event: Event) => event.preventDefault()}>
      <h2 id="usual">${t("rules.usual")}</h2>
      <p class="dim">${t("rules.about")}</p>
      <div class="fields">
        ${field("start_time", "time")}
        <div>
          ${field("end_time", "time")}
          ${isNight
            ? html`<label class="check">
                <input type="checkbox" .checked=${draft.night} @change=${(event: Event) => change({ night: (event.target as HTMLInputElement).checked })} />
                ${t("rules.night")}
              </label>`
            : nothing}
        </div>
        ${field("grace_minutes", "number")}
      </div>
      <div class="fields">${field("in_window", "text")} ${field("out_window", "text")}</div>
      <fieldset aria-describedby=${wrong.workdays ? "wrong-workdays" : nothing}>
        <legend><strong>${t("rules.workdays")}</strong></legend>
        <div class="filters days">
          ${DAYS.map((day) => {
            const on = draft.workdays.includes(day);
            return html`<button
              type="button"
              aria-pressed=${on}
              @click=${() => change({ workdays: DAYS.filter((one) => (one === day ? !on : draft.workdays.includes(one))) })}
            >
              ${dayName(this.ctx, day)}
            </button>`;
          })}
        </div>
        ${sentence("workdays")}
        <p id="filled" class="help" role="status">
          ${begun.workdays !== saved.workdays && draft.workdays === begun.workdays ? t("rules.days_filled") : nothing}
        </p>
      </fieldset>
      ${factsOf(this.ctx, book.usual, false)}
      <div class="row wrap">
        <p class="dim grow">${t("rules.clock_of", { zone: book.time_zone ?? book.zone })} ${t("rules.more_help")}</p>
        <a class="button" href=${address} @click=${follow}>${icon(mdi.edit)}${t("rules.more")}</a>
      </div>
      ${failed(this.error, true)}
      <div class="row wrap">
        <button type="button" class="main" aria-describedby="off" ?disabled=${off || this.busy} @click=${() => this.save(book, draft)}>${t("rules.save")}</button>
        ${isSame ? nothing : html`<button type="button" ?disabled=${this.busy} @click=${() => this.write()}>${t("common.cancel")}</button>`}
        <span id="off" class="dim grow" role="status">${off}</span>
      </div>
      <div class="row wrap shift">
        <label class="row wrap day">
          ${t("rules.preview_date")}
          <input
            type="date"
            max=${f.today()}
            .value=${this.tried(draft)}
            @change=${(event: Event) => (this.date = (event.target as HTMLInputElement).value)}
          />
        </label>
        <button type="button" ?disabled=${isWrong} @click=${() => this.look(book, draft)}>${icon(mdi.calendar)}${t("rules.preview")}</button>
      </div>
    </form>`;
  }

  /** The day that rules are tried on: unless another one is chosen, the last on which people worked. */
  private tried({ workdays }: Draft): string {
    const before = DAYS.map((_, ago) => shifted(this.ctx.f.today(), -1 - ago));
    return this.date || (before.find((day) => workdays.includes(weekdayOf(day))) ?? before[0]!);
  }

  private write(draft?: Partial<Draft>): void {
    this.draft = draft;
    keep(DRAFT, draft);
  }

  private look(book: RuleBook, draft: Draft): void {
    void this.preview.ask({ ...this.said(book, draft), date: this.tried(draft) });
  }

  private async save(book: RuleBook, draft: Draft): Promise<void> {
    this.busy = true;
    this.error = "";
    try {
      await call(this.ctx.hass(), "rules/save", this.said(book, draft));
      this.write();
      this.preview.value = undefined;
      notify(this, this.ctx.t("rules.saved"));
      this.ask();
    } catch (error) {
      this.error = this.ctx.texts.error(error);
    }
    this.busy = false;
  }

  private shown() {
    const { t, f, texts } = this.ctx;
    const { value, error, busy } = this.preview;
    if (busy) return waiting;
    if (error) return refused(texts, error, true);
    if (!value) return nothing;
    const statuses = Object.keys({ ...value.before, ...value.after });
    const arrow = html`<span class="flip dim">${icon(mdi.forward)}</span>`;
    return html`<section class="card stack tight" role="status" aria-labelledby="preview">
      <h2 id="preview">${t("rules.would_be", { date: f.date(value.date) })}</h2>
      <div class="row wrap">
        ${statuses.map(
          (status) => html`<span class="row">${markChip(this.ctx, status, true)}
            <span class="num">${f.number(value.before[status] ?? 0)}</span>${arrow}<span class="num">${f.number(value.after[status] ?? 0)}</span></span>`,
        )}
      </div>
      ${value.differs.length
        ? value.differs.map(
            (one) => html`<div class="row wrap">
              <span class="grow">${one.person}</span>
              ${one.before ? markChip(this.ctx, one.before, true) : "–"}${arrow}${markChip(this.ctx, one.after, true)}
            </div>`,
          )
        : html`<p class="dim">${t("rules.same")}</p>`}
    </section>`;
  }
}
