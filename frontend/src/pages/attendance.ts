/** Attendance: a day as a list, a month as a grid. */

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import { call } from "../api";
import { Loaded, Page } from "../context";
import { monthOf, shifted } from "../dates";
import { addressOf, filtersOf, go, type Filters } from "../router";
import type { DayRow, Topic } from "../types";
import { chip } from "../ui/chip";
import { stopAt } from "../ui/grid";
import { notify } from "../ui/ha";
import { icon, mdi } from "../ui/icons";
import { markChip } from "../ui/marks";
import { celled, legend, monthGrid, toSight } from "../ui/month";
import { refused, waiting } from "../ui/notice";
import { searchField } from "../ui/search";
import { paged, shared } from "../ui/styles";
import { pager } from "../ui/pager";
import type { Column } from "../ui/table";

import "../ui/day";
import "../ui/table";

const LIMIT = 50;
const SORTS = ["person", "status", "first_in", "last_out", "hours", "late_minutes"] as const;
const STATUSES = ["present", "late", "half_day", "absent", "expected", "on_leave", "excused", "holiday", "day_off"];

@customElement("sid-attendance")
export class SidAttendance extends Page {
  protected readonly topics: readonly Topic[] = ["marks", "people"];
  private days = new Loaded(this, "attendance/days");
  private month = new Loaded(this, "attendance/month");
  private terminals = new Loaded(this, "terminals/list");
  private people = new Loaded(this, "people/list");
  private rules = new Loaded(this, "rules/get");
  @state() private exporting = false;

  static override styles = [
    shared,
    paged,
    celled,
  ];

  private get date(): string {
    const date = this.ctx.place.filters.get("date") ?? "";
    return /^\d{4}-\d\d-\d\d$/.test(date) && Date.parse(date) > 0 ? date : this.ctx.f.today();
  }

  private get isMonth(): boolean {
    return this.ctx.place.filters.get("view") === "month";
  }

  protected ask(): void {
    const { filters } = this.ctx.place;
    const only = (key: string): string | undefined => filters.get(key) || undefined;
    const { sort, descending, ...where } = filtersOf(this.ctx.place, SORTS);
    const chosen = {
      ...where,
      limit: LIMIT,
      ...(only("group") ? { group: only("group") } : {}),
      ...(only("at") ? { serial: only("at") } : {}),
    };
    void this.people.ask({ limit: 1 });
    if (!this.rules.value) void this.rules.ask({});
    if (!this.terminals.value) void this.terminals.ask({ limit: 150 });
    if (this.isMonth) void this.askPage(this.month, { ...chosen, month: this.date });
    else {
      const status = STATUSES.find((one) => one === filters.get("only"));
      void this.askPage(this.days, {
        ...chosen,
        date: this.date,
        sort,
        descending,
        ...(status ? { status } : {}),
      });
    }
  }

  private scrolled = "";

  /** A month may be wider than the screen: the date is seen all the same. */
  protected override updated(): void {
    const { value } = this.month;
    if (this.isMonth) stopAt(this.renderRoot.querySelector("table"));
    const here = this.isMonth ? `${value?.month} ${this.date}` : "";
    if (!value || here === this.scrolled) return;
    this.scrolled = here;
    toSight(this.renderRoot);
  }

  override render() {
    const { t, f, place, texts } = this.ctx;
    if (this.people.value && !this.people.value.total) return this.nobody();
    const error = this.isMonth ? this.month.error : this.days.error;
    const { date, isMonth } = this;
    const groups = (isMonth ? this.month.value?.groups : this.days.value?.groups) ?? [];
    const step = (by: number) => this.filter({ date: isMonth ? monthOf(date, by) : shifted(date, by) });
    const open = place.item?.split("@");
    return html`
      <div class="row wrap">
        <button class="icon flip back" aria-label=${t("attendance.before")} @click=${() => step(-1)}>${icon(mdi.forward)}</button>
        <label>
          <span class="visually-hidden">${t("attendance.date")}</span>
          <input
            type="date"
            .value=${date}
            @change=${(event: Event) => this.filter({ date: (event.target as HTMLInputElement).value })}
          />
        </label>
        <button class="icon flip" aria-label=${t("attendance.after")} @click=${() => step(1)}>${icon(mdi.forward)}</button>
        <div class="filters" role="group" aria-label=${t("common.show")}>
          <button aria-pressed=${!isMonth} @click=${() => this.filter({ view: "" })}>${t("attendance.day")}</button>
          <button aria-pressed=${isMonth} @click=${() => this.filter({ view: "month" })}>${t("attendance.month")}</button>
        </div>
        <span class="grow"></span>
        <button ?disabled=${this.exporting} @click=${this.exported}>${icon(mdi.download)}${t("attendance.export")}</button>
      </div>
      <div class="row wrap">
        ${searchField(this.ctx, t("people.search_people"), (search) => this.filter({ search }), filtersOf(place).search)}
        ${groups.length
          ? this.choice("group", t("people.all_groups"), groups.map((group) => [group, group]))
          : nothing}
        ${this.choice(
          "at",
          t("people.all_terminals"),
          (this.terminals.value?.terminals ?? []).map((row) => [row.serial, row.name]),
        )}
      </div>
      ${refused(texts, error)}
      <h2>${isMonth ? f.date(date, { month: "long", year: "numeric" }) : f.date(date, { weekday: "long", day: "numeric", month: "long" })}</h2>
      ${this.noStart()} ${isMonth ? this.grid() : this.list()}
      ${open?.length === 2
        ? keyed(
            place.item,
            html`<sid-day
              .ctx=${this.ctx}
              .person=${open[0] ?? ""}
              .date=${open[1] ?? ""}
              @closed=${() => this.show()}
            ></sid-day>`,
          )
        : nothing}
    `;
  }

  private choice(key: string, all: string, options: (readonly [string, string])[]) {
    return html`<label>
      <span class="visually-hidden">${all}</span>
      <select @change=${(event: Event) => this.filter({ [key]: (event.target as HTMLSelectElement).value })}>
        <option value="">${all}</option>
        ${options.map(
          ([value, name]) =>
            html`<option value=${value} ?selected=${value === this.ctx.place.filters.get(key)}>${name}</option>`,
        )}
      </select>
    </label>`;
  }

  private nobody() {
    const { t } = this.ctx;
    return html`<div class="card empty">
      ${icon(mdi.calendar)}
      <h2>${t("attendance.empty_title")}</h2>
      <p>${t("attendance.empty")}</p>
      <button class="main" @click=${() => go(addressOf("people"))}>${icon(mdi.people)}${t("attendance.to_people")}</button>
    </div>`;
  }

  /** Without a start nobody is late, which who sees nobody late should know. */
  private noStart() {
    const book = this.rules.value;
    const { t } = this.ctx;
    if (!book || book.usual.start || book.shifts.some((shift) => shift.start)) return nothing;
    return html`<div class="notice" style="align-items:center">
      ${icon(mdi.clockWrong)}<span class="grow">${t("attendance.no_start")}</span>
      <button @click=${() => go(addressOf("rules"))}>${t("attendance.to_rules")}</button>
    </div>`;
  }

  private open(person: string, date: string): void {
    this.show(`${person}@${date}`);
  }

  private list() {
    const { t, f, place, texts } = this.ctx;
    const page = this.days.value;
    const only = place.filters.get("only") ?? "";
    const counts = page?.counts ?? {};
    const columns: Column<DayRow>[] = [
      { key: "person", title: t("people.name"), sortable: true, main: true, cell: (day) => day.person },
      { key: "status", title: t("attendance.mark"), sortable: true, cell: (day) => markChip(this.ctx, day.status, day.final) },
      { key: "first_in", title: t("attendance.in"), sortable: true, titled: true, cell: (day) => day.first_in ? html`<span class="num nowrap">${f.time(day.first_in)}</span>` : nothing },
      { key: "last_out", title: t("attendance.out"), sortable: true, titled: true, cell: (day) => day.last_out ? html`<span class="num nowrap">${f.time(day.last_out)}</span>` : nothing },
      { key: "hours", title: t("attendance.hours"), sortable: true, end: true, titled: true, cell: (day) => day.hours ? html`<span class="num">${f.hours(day.hours)}</span>` : nothing },
      {
        key: "late_minutes",
        title: t("attendance.notes"),
        sortable: true,
        cell: (day) => html`<span class="row wrap chips">
          ${day.late_minutes ? chip(t("attendance.late_by", { minutes: day.late_minutes }), "warn num") : nothing}
          ${day.overtime_minutes ? chip(t("attendance.overtime", { minutes: day.overtime_minutes }), "info num") : nothing}
          ${day.flags.filter((flag) => flag !== "overtime").map((flag) => chip(texts.word("flags", flag)))}
        </span>`,
      },
    ];
    return html`
      <div class="filters" role="group" aria-label=${t("attendance.mark")}>
        <button aria-pressed=${!only} @click=${() => this.filter({ only: "" })}>${t("attendance.everybody")}</button>
        ${STATUSES.filter((status) => counts[status] || status === only).map(
          (status) => html`<button aria-pressed=${status === only} @click=${() => this.filter({ only: status === only ? "" : status })}>
            ${t(`statuses.${status}`)} <span class="num dim">${f.number(counts[status] ?? 0)}</span>
          </button>`,
        )}
      </div>
      <section class="card">
        ${page && !page.count ? html`<div class="empty"><p>${t("attendance.nothing")}</p></div>` : nothing}
        ${page?.count
          ? html`<sid-table
              .ctx=${this.ctx}
              .columns=${columns}
              .rows=${page.days}
              .rowKey=${(day: DayRow) => day.person_id}
              .rowLabel=${(day: DayRow) => t("people.open", { name: day.person })}
              .shown=${filtersOf(place, SORTS)}
              .limit=${LIMIT}
              .count=${page.count}
              .busy=${this.days.busy}
              label=${t("tabs.attendance")}
              openable
              @open-row=${(event: CustomEvent<DayRow>) => this.open(event.detail.person_id, event.detail.date)}
              @filter=${(event: CustomEvent<Filters>) => this.filter(event.detail)}
            ></sid-table>`
          : nothing}
      </section>
    `;
  }

  private grid() {
    const { ctx, date, month } = this;
    const page = month.value;
    if (!page) return waiting;
    const pages = pager(ctx, filtersOf(ctx.place).offset, LIMIT, page.count, this.turn);
    return html`${monthGrid(ctx, page, date, month.busy, (person, day) => this.open(person, day), pages)} ${legend(ctx, STATUSES)}`;
  }

  /** Fetches a file by an address that is signed, since apps do not take what a page makes itself. */
  private exported = async (): Promise<void> => {
    const { search, group, at: serial, only } = Object.fromEntries(this.ctx.place.filters);
    const status = this.isMonth ? undefined : STATUSES.find((one) => one === only);
    this.exporting = true;
    try {
      const { url } = await call(this.ctx.hass(), "attendance/export", {
        table: this.isMonth ? "month" : "days",
        date: this.date,
        ...(search ? { search } : {}),
        ...(group ? { group } : {}),
        ...(serial ? { serial } : {}),
        ...(status ? { status } : {}),
      });
      const link = document.createElement("a");
      link.href = url;
      link.download = "";
      this.renderRoot.append(link);
      link.click();
      link.remove();
      notify(this, this.ctx.t("attendance.exported", { file: /[^/?]+(?=\?|$)/.exec(url)![0] }));
    } catch (error) {
      notify(this, this.ctx.texts.error(error));
    }
    this.exporting = false;
  };
}
