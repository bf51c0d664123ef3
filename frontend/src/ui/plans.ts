/** Leave and planned shifts: those to come or of late, taking one back, and entering another. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { act } from "../api";
import { Loaded, Part } from "../context";
import type { LeaveRow, RotaRow, RuleBook } from "../types";
import { chip } from "./chip";
import { leaving, shut } from "./dialog";
import { notify } from "./ha";
import { icon, mdi } from "./icons";
import { markChip } from "./marks";
import { failed } from "./notice";
import { searchField } from "./search";

// People who are found at once.
const LIMIT = 8;
const OFF = "day_off";
// So long ago the server tells what is over.
const PAST = 31;

interface Who {
  id: string;
  name: string;
  group: boolean;
}

/** Whom an action is about. */
const whom = (id: string, group: boolean) => (group ? { groups: [id] } : { person: [id] });

@customElement("sid-plans")
export class SidPlans extends Part {
  @property({ attribute: false }) book!: RuleBook;
  @state() private adding = false;

  override render() {
    const { t, f } = this.ctx;
    const { past } = this.book;
    const plans = [...this.book.leave, ...this.book.rota].sort((a, b) => a.start.localeCompare(b.start));
    if (past) plans.reverse();
    return html`<section class="card stack tight" aria-labelledby="plans">
        <div class="row wrap">
          <h2 id="plans" class="grow">${t("plans.title")}</h2>
          <button @click=${() => (this.adding = true)}>${icon(mdi.plus)}${t("plans.add")}</button>
        </div>
        <div class="filters">
          <button aria-pressed=${past} @click=${() => this.dispatchEvent(new CustomEvent("past", { detail: !past }))}>${t("plans.past", { days: PAST })}</button>
        </div>
        ${plans.length ? nothing : html`<p class="dim">${t(past ? "plans.nothing_past" : "plans.nothing")}</p>`}
        <ul class="lines">
          ${plans.map((plan) => this.line(plan))}
        </ul>
        ${this.book.plans > plans.length ? html`<p class="dim">${t("card.more", { count: f.number(this.book.plans - plans.length) })}</p>` : nothing}
      </section>
      ${this.adding
        ? html`<sid-plan
            .ctx=${this.ctx}
            .book=${this.book}
            @saved=${() => this.tell(t("rules.saved"))}
            @closed=${() => (this.adding = false)}
          ></sid-plan>`
        : nothing}`;
  }

  private line(plan: LeaveRow | RotaRow) {
    const { t, f } = this.ctx;
    const leave = "kind" in plan ? plan : undefined;
    const what = leave ? (leave.kind === "leave" ? "on_leave" : "excused") : (plan as RotaRow).shift === null ? OFF : "";
    const dates = f.span(f.date(plan.start), f.date(plan.end));
    const part = leave?.from_time && leave.until_time ? f.span(f.clock(leave.from_time), f.clock(leave.until_time)) : "";
    return html`<li>
      <span class="grow">
        <strong>${plan.name}</strong>
        ${plan.group ? chip(t("plans.group"), "", mdi.people) : nothing}
        <span style="display:block"><span class="num">${dates}</span> <span class="num">${part}</span> <span class="dim">${leave?.note}</span></span>
      </span>
      ${what ? markChip(this.ctx, what, true) : chip((plan as RotaRow).shift)}
      <button class="icon" aria-label=${t("plans.remove_of", { name: plan.name, dates })} title=${t("plans.remove")} @click=${() => this.takeBack(plan)}>
        ${icon(mdi.close)}
      </button>
    </li>`;
  }

  private async takeBack(plan: LeaveRow | RotaRow): Promise<void> {
    const { ctx } = this;
    const about = { ...whom(plan.who, plan.group), start: plan.start, end: plan.end };
    try {
      if ("kind" in plan) await act(ctx.hass(), "remove_leave", about);
      else await act(ctx.hass(), "set_rota", { ...about, shift: "usual" });
      this.tell(ctx.t("plans.removed"));
    } catch (error) {
      notify(this, ctx.texts.error(error));
    }
  }

  private tell(text: string): void {
    notify(this, text);
    this.dispatchEvent(new CustomEvent("planned"));
  }
}

@customElement("sid-plan")
export class SidPlan extends Part {
  @property({ attribute: false }) book!: RuleBook;
  @state() private who?: Who;
  @state() private search = "";
  @state() private what = "on_leave";
  @state() private first = "";
  @state() private last = "";
  @state() private note = "";
  @state() private busy = false;
  @state() private error = "";
  private people = new Loaded(this, "people/list");

  override connectedCallback(): void {
    super.connectedCallback();
    this.first = this.last = this.ctx.f.today();
    this.look();
  }

  private look(): void {
    void this.people.ask({ search: this.search, limit: LIMIT });
  }

  private get found(): Who[] {
    const page = this.people.value;
    const word = this.search.trim().toLowerCase();
    return [
      ...(page?.people ?? []).map((one) => ({ id: one.person_id, name: one.name, group: false })),
      ...(page?.groups ?? [])
        .filter((group) => group.toLowerCase().includes(word))
        .slice(0, LIMIT)
        .map((group) => ({ id: group, name: group, group: true })),
    ];
  }

  private get isLeave(): boolean {
    return ["on_leave", "excused"].includes(this.what);
  }

  override render() {
    const { t } = this.ctx;
    const needs = !this.who ? t("plans.needs_who") : this.last < this.first ? t("plans.needs_order") : "";
    const field = (key: string, type: string, now: string, set: (value: string) => void) => html`<label class="field">
      ${t(`plans.${key}`)}
      <input type=${type} .value=${now} @input=${(event: Event) => set((event.target as HTMLInputElement).value)} />
    </label>`;
    const option = (value: string, name: string) => html`<option value=${value} ?selected=${value === this.what}>${name}</option>`;
    const page = this.people.value;
    const more = page ? page.count - page.people.length : 0;
    const all = this.who ? [this.who, ...this.found.filter((one) => one.id !== this.who?.id)] : this.found;
    return html`<sid-dialog .heading=${t("plans.add")}>
      <form
        id="plan"
        class="stack"
        @submit=${(event: Event) => {
          event.preventDefault();
          if (!needs && !this.busy) void this.save();
        }}
      >
        <fieldset class="stack tight">
          <legend><strong>${t("plans.who")}</strong></legend>
          ${searchField(this.ctx, t("people.search_people"), (search) => {
            this.search = search;
            this.look();
          })}
          <div>
            ${all.map(
              (one) => html`<label class="check">
                <input type="radio" name="who" .checked=${one.id === this.who?.id} @change=${() => (this.who = one)} />
                ${one.name} ${one.group ? chip(t("plans.group"), "", mdi.people) : nothing}
              </label>`,
            )}
            ${more > 0 ? html`<p class="dim">${t("card.more", { count: this.ctx.f.number(more) })}</p>` : nothing}
          </div>
        </fieldset>
        <label class="field">
          ${t("plans.what")}
          <select @change=${(event: Event) => (this.what = (event.target as HTMLSelectElement).value)}>
            ${["on_leave", "excused", OFF].map((what) => option(what, t(`statuses.${what}`)))}
            ${this.book.shifts.map((shift) => option(shift.id, shift.name))}
          </select>
        </label>
        ${field("first", "date", this.first, (day) => (this.first = day))} ${field("last", "date", this.last, (day) => (this.last = day))}
        ${this.isLeave ? field("note", "text", this.note, (note) => (this.note = note)) : nothing}
        ${failed(this.error, true)}
      </form>
      <div slot="footer">
        <span id="needs" class="dim grow" role="status">${needs}</span>
        ${leaving(this)}
        <button class="main" type="submit" form="plan" aria-describedby="needs" ?disabled=${needs || this.busy}>${t("attendance.save")}</button>
      </div>
    </sid-dialog>`;
  }

  private async save(): Promise<void> {
    const { ctx, who, what } = this;
    if (!who) return;
    const about = { ...whom(who.id, who.group), start: this.first, end: this.last };
    this.busy = true;
    this.error = "";
    try {
      if (this.isLeave) await act(ctx.hass(), "add_leave", { ...about, kind: what === "excused" ? "excuse" : "leave", note: this.note });
      else await act(ctx.hass(), "set_rota", { ...about, shift: what === OFF ? "off" : what });
      this.dispatchEvent(new CustomEvent("saved"));
      shut(this);
    } catch (error) {
      this.error = ctx.texts.error(error);
    }
    this.busy = false;
  }
}
