/** The rules of attendance, and what they would have made of yesterday. */

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { call } from "../api";
import { Loaded, Page } from "../context";
import type { ShiftRow, Topic } from "../types";
import { notify } from "../ui/ha";
import { icon, mdi } from "../ui/icons";
import { markChip } from "../ui/marks";
import { leave } from "./live";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
// Of January 1970, for the names of the days.
const MONDAY = 5;

interface Draft {
  start_time: string;
  end_time: string;
  in_window: string;
  out_window: string;
  grace_minutes: number;
  workdays: string[];
}

/** Home Assistant writes seconds where none were meant. */
const short = (time: string | null): string => (time ?? "").replace(/^(\d\d:\d\d):00$/, "$1");

@customElement("sid-rules")
export class SidRules extends Page {
  protected readonly topics: readonly Topic[] = ["people"];
  private book = new Loaded(this, "rules/get");
  private preview = new Loaded(this, "rules/preview");
  @state() private draft?: Draft;
  @state() private busy = false;

  protected ask(): void {
    void this.book.ask(this.ctx.hass(), {});
  }

  private draftOf(shift: ShiftRow): Draft {
    return {
      start_time: short(shift.start),
      end_time: short(shift.end),
      in_window: shift.in_window ?? "",
      out_window: shift.out_window ?? "",
      grace_minutes: shift.grace_minutes,
      workdays: shift.workdays,
    };
  }

  private get said() {
    const { start_time, end_time, in_window, out_window, ...rest } = this.draft as Draft;
    return {
      ...rest,
      start_time: start_time || null,
      end_time: end_time || null,
      in_window: in_window || null,
      out_window: out_window || null,
    };
  }

  override render() {
    const { t, texts } = this.ctx;
    const book = this.book.value;
    if (this.book.error)
      return html`<div class="notice bad">${icon(mdi.error)}<span>${texts.error(this.book.error)}</span></div>`;
    if (!book) return html`<div class="progress"></div>`;
    const draft = this.draft ?? this.draftOf(book.usual);
    return html`<div class="stack">
      ${this.usual(draft)} ${this.shown()}
      <section class="card stack" aria-labelledby="shifts">
        <div class="row wrap">
          <h2 id="shifts" class="grow">${t("rules.shifts")}</h2>
          <a class="button" href="/config/integrations/integration/syncid" @click=${leave}>${icon(mdi.plus)}${t("rules.add_shift")}</a>
        </div>
        ${book.shifts.length ? nothing : html`<p class="dim">${t("rules.no_shifts")}</p>`}
        ${book.shifts.map(
          (shift) => html`<div class="row wrap" style="border-top:1px solid var(--sid-line);padding-top:8px">
            <strong class="grow">${shift.name}</strong>
            <span class="num">${short(shift.start) || "–"} – ${short(shift.end) || "–"}</span>
            <span class="dim">${t("rules.grace_of", { minutes: shift.grace_minutes })}</span>
            ${[...shift.people, ...shift.groups, ...shift.terminals].map((name) => html`<span class="chip">${name}</span>`)}
          </div>`,
        )}
      </section>
      <section class="card stack tight" aria-labelledby="holidays">
        <h2 id="holidays">${t("rules.holidays")}</h2>
        ${book.holidays.length ? nothing : html`<p class="dim">${t("rules.no_holidays")}</p>`}
        ${book.holidays.map(
          (day) => html`<div class="row"><span class="grow">${day.name}</span><span class="dim">${this.ctx.f.date(day.date)}</span></div>`,
        )}
      </section>
    </div>`;
  }

  private usual(draft: Draft) {
    const { t, f } = this.ctx;
    const set = (key: keyof Draft) => (event: Event) => {
      const { value } = event.target as HTMLInputElement;
      this.draft = { ...draft, [key]: key === "grace_minutes" ? Math.max(0, Number(value) || 0) : value };
    };
    const field = (key: "start_time" | "end_time" | "in_window" | "out_window", type: string) => html`<label class="field">
      ${t(`rules.${key}`)}
      <input type=${type} .value=${draft[key]} placeholder=${type === "text" ? "07:00-09:00" : ""} @change=${set(key)} />
      ${type === "text" ? html`<small>${t("rules.window_help")}</small>` : nothing}
    </label>`;
    return html`<form class="card stack" aria-labelledby="usual" @submit=${(event: Event) => event.preventDefault()}>
      <h2 id="usual">${t("rules.usual")}</h2>
      <p class="dim">${t("rules.about")}</p>
      <div style="display:grid;gap:16px;align-items:start;grid-template-columns:repeat(auto-fit,minmax(min(100%,180px),1fr))">
        ${field("start_time", "time")} ${field("end_time", "time")}
        <label class="field">
          ${t("rules.grace")}
          <input type="number" min="0" max="240" .value=${String(draft.grace_minutes)} @change=${set("grace_minutes")} />
        </label>
        ${field("in_window", "text")} ${field("out_window", "text")}
      </div>
      <fieldset style="border:0;padding:0;margin:0">
        <legend><strong>${t("rules.workdays")}</strong></legend>
        <div class="filters" style="flex-wrap:wrap;padding-top:8px">
          ${DAYS.map((day, at) => {
            const on = draft.workdays.includes(day);
            return html`<button
              type="button"
              aria-pressed=${on}
              @click=${() => {
                const workdays = DAYS.filter((one) => (one === day ? !on : draft.workdays.includes(one)));
                this.draft = { ...draft, workdays };
              }}
            >
              ${f.date(new Date(Date.UTC(1970, 0, MONDAY + at)).toISOString(), { weekday: "short" })}
            </button>`;
          })}
        </div>
      </fieldset>
      <div class="row wrap">
        <button type="button" @click=${() => this.look(draft)}>${icon(mdi.calendar)}${t("rules.preview")}</button>
        <button type="button" class="main" ?disabled=${!this.draft || this.busy} @click=${this.save}>${t("rules.save")}</button>
      </div>
    </form>`;
  }

  private look(draft: Draft): void {
    this.draft = draft;
    void this.preview.ask(this.ctx.hass(), this.said);
  }

  private save = async (): Promise<void> => {
    this.busy = true;
    try {
      await call(this.ctx.hass(), "rules/save", this.said);
      this.draft = undefined;
      this.preview.value = undefined;
      notify(this, this.ctx.t("rules.saved"));
      this.ask();
    } catch (error) {
      notify(this, this.ctx.texts.error(error));
    }
    this.busy = false;
  };

  private shown() {
    const { t, f, texts } = this.ctx;
    const { value, error, busy } = this.preview;
    if (busy) return html`<div class="progress"></div>`;
    if (error) return html`<div class="notice bad" role="alert">${icon(mdi.error)}<span>${texts.error(error)}</span></div>`;
    if (!value) return nothing;
    const statuses = Object.keys({ ...value.before, ...value.after });
    return html`<section class="card stack tight" role="status" aria-labelledby="preview">
      <h2 id="preview">${t("rules.would_be", { date: f.date(value.date) })}</h2>
      <div class="row wrap">
        ${statuses.map(
          (status) => html`<span class="row">${markChip(this.ctx, status, true)}
            <span class="num">${f.number(value.before[status] ?? 0)} → ${f.number(value.after[status] ?? 0)}</span></span>`,
        )}
      </div>
      ${value.differs.length
        ? value.differs.map(
            (one) => html`<div class="row wrap">
              <span class="grow">${one.person}</span>
              ${one.before ? markChip(this.ctx, one.before, true) : nothing} → ${markChip(this.ctx, one.after, true)}
            </div>`,
          )
        : html`<p class="dim">${t("rules.same")}</p>`}
    </section>`;
  }
}
