/** Everybody who is enrolled anywhere: at which terminals, and with what. A part of People. */

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import { Loaded, Page } from "../context";
import { filtersOf, type Filters } from "../router";
import type { Topic, UserRow } from "../types";
import { chip } from "../ui/chip";
import { icon, mdi } from "../ui/icons";
import { addTerminal } from "../ui/links";
import { refused } from "../ui/notice";
import { enrolText } from "../ui/enrol";
import { searchField } from "../ui/search";
import { paged, shared } from "../ui/styles";
import type { Column } from "../ui/table";

import "../ui/table";
import "../ui/user";

const FILTERS = ["all", "unnamed", "differing", "not_everywhere"] as const;
const SORTS = ["name", "user_id", "places"] as const;
const LIMIT = 50;
// Terminals that a row names; of the others how many they are.
const NAMED = 3;

@customElement("sid-users")
export class SidUsers extends Page {
  protected readonly topics: readonly Topic[] = ["people", "terminals"];
  private list = new Loaded(this, "users/list");
  private terminals = new Loaded(this, "terminals/list");
  @state() private enrolling = false;

  static override styles = [shared, paged];

  protected ask(): void {
    const { place } = this.ctx;
    const serial = place.filters.get("at");
    void this.terminals.ask({ limit: 150 });
    void this.askPage(this.list, {
      ...filtersOf(place, SORTS),
      only: FILTERS.find((one) => one === place.filters.get("only")) ?? "all",
      limit: LIMIT,
      ...(serial ? { serial } : {}),
    });
  }

  override render() {
    const { t, place, texts } = this.ctx;
    const page = this.list.value;
    const terminals = this.terminals.value?.terminals ?? [];
    if (this.list.error)
      return refused(texts, this.list.error);
    if (page && !page.total) return this.nobody(terminals.length > 0);
    const only = place.filters.get("only") || "all";
    return html`
      <div class="row wrap">
        ${searchField(this.ctx, t("people.search"), (search) => this.filter({ search }), filtersOf(place).search)}
        <label>
          <span class="visually-hidden">${t("people.at")}</span>
          <select @change=${(event: Event) => this.filter({ at: (event.target as HTMLSelectElement).value })}>
            <option value="">${t("people.all_terminals")}</option>
            ${terminals.map(
              (row) => html`<option value=${row.serial} ?selected=${row.serial === place.filters.get("at")}>${row.name}</option>`,
            )}
          </select>
        </label>
        <button class="main" @click=${() => (this.enrolling = true)}>${icon(mdi.finger)}${enrolText(this.ctx, terminals)}</button>
      </div>
      <div class="filters" role="group" aria-label=${t("common.show")}>
        ${FILTERS.map(
          (one) => html`<button aria-pressed=${one === only} @click=${() => this.filter({ only: one === "all" ? "" : one })}>
            ${t(`people.only.${one}`)}
          </button>`,
        )}
      </div>
      <section class="card">
        ${page && !page.count ? html`<div class="empty"><p>${t("common.nothing_fits")}</p></div>` : nothing}
        ${page?.count ? this.table() : nothing}
        <p class="visually-hidden" role="status">
          ${page ? t("people.found", { count: page.count }) : ""}
        </p>
      </section>
      ${place.item
        ? keyed(
            place.item,
            html`<sid-user
              .ctx=${this.ctx}
              .user=${place.item}
              .terminals=${terminals}
              @closed=${() => this.show()}
            ></sid-user>`,
          )
        : nothing}
      ${this.enrolling
        ? html`<sid-enrol .ctx=${this.ctx} @closed=${() => (this.enrolling = false)}></sid-enrol>`
        : nothing}
    `;
  }

  private nobody(terminals: boolean) {
    const { t } = this.ctx;
    return html`<div class="card empty">
        ${icon(mdi.people)}
        <h2>${t("people.empty_title")}</h2>
        <p>${t(terminals ? "people.empty" : "people.empty_no_terminal")}</p>
        ${terminals
          ? html`<button class="main" @click=${() => (this.enrolling = true)}>${icon(mdi.finger)}${t("people.enrol")}</button>`
          : html`${addTerminal(this.ctx)}`}
      </div>
      ${this.enrolling
        ? html`<sid-enrol .ctx=${this.ctx} @closed=${() => (this.enrolling = false)}></sid-enrol>`
        : nothing}`;
  }

  private table() {
    const { t, place } = this.ctx;
    const page = this.list.value;
    const columns: Column<UserRow>[] = [
      {
        key: "name",
        title: t("people.name"),
        sortable: true,
        main: true,
        cell: (user) => this.nameOf(user),
      },
      {
        key: "user_id",
        title: t("people.user_id"),
        sortable: true,
        cell: (user) => html`<span class="num dim">${user.user_id}</span>`,
      },
      {
        key: "places",
        title: t("tabs.terminals"),
        sortable: true,
        cell: (user) => this.places(user),
      },
    ];
    return html`<sid-table
      .ctx=${this.ctx}
      .columns=${columns}
      .rows=${page?.users ?? []}
      .rowKey=${(user: UserRow) => user.user_id}
      .rowLabel=${(user: UserRow) => t("people.open", { name: this.nameOf(user) })}
      .shown=${filtersOf(place, SORTS)}
      .limit=${LIMIT}
      .count=${page?.count ?? 0}
      .busy=${this.list.busy}
      label=${t("tabs.people")}
      openable
      @open-row=${(event: CustomEvent<UserRow>) => this.show(event.detail.user_id)}
      @filter=${(event: CustomEvent<Filters>) => this.filter(event.detail)}
    ></sid-table>`;
  }

  private nameOf(user: UserRow): string {
    return user.person ?? (user.name || this.ctx.t("live.user", { id: user.user_id }));
  }

  private places(user: UserRow) {
    const { t, f } = this.ctx;
    const more = user.places.length - NAMED;
    return html`<span class="row wrap chips">
      ${user.places.slice(0, NAMED).map((place) => chip(place.terminal))}
      ${more > 0 ? chip(`+${f.number(more)}`) : nothing}
      ${user.differs ? chip(t("people.differs"), "warn") : nothing}
    </span>`;
  }
}
