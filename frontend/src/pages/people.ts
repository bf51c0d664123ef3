/** People: who is kept, who of the terminals' users is nobody yet, and who is enrolled where. */

import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import { act, call } from "../api";
import { Loaded, Page } from "../context";
import { addressOf, filtersOf, go, type Filters } from "../router";
import type { Nobody, PersonRow, Topic } from "../types";
import { chip } from "../ui/chip";
import { notify } from "../ui/ha";
import { icon, mdi } from "../ui/icons";
import { markChip } from "../ui/marks";
import { refused, waiting } from "../ui/notice";
import { searchField } from "../ui/search";
import { paged, shared } from "../ui/styles";
import { pager } from "../ui/pager";
import type { Column } from "../ui/table";

import "../ui/adopt";
import "../ui/confirm";
import "../ui/import";
import "../ui/person";
import "../ui/table";
import "./doubles";
import "./users";

const VIEWS = ["people", "nobody", "users", "doubles"] as const;
const SORTS = ["name", "external_id", "users", "status"] as const;
const LIMIT = 50;

@customElement("sid-people")
export class SidPeople extends Page {
  protected readonly topics: readonly Topic[] = ["people", "marks"];
  protected override readonly parts: readonly Topic[] = ["terminals"];
  private people = new Loaded(this, "people/list");
  private nobody = new Loaded(this, "people/nobody");
  @state() private busy = false;
  @state() private mapping?: Nobody;
  @state() private forgetting?: Nobody;
  @state() private adding = false;
  @state() private importing = false;
  @state() private adopting = false;

  static override styles = [
    shared,
    paged,
    css`
      li {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 12px;
        align-items: center;
        padding: 10px 0;
        border-top: 1px solid var(--sid-line);
      }
    `,
  ];

  private get view(): (typeof VIEWS)[number] {
    return VIEWS.find((one) => one === this.ctx.place.filters.get("view")) ?? "people";
  }

  protected ask(): void {
    const { place } = this.ctx;
    const shown = filtersOf(place, SORTS);
    const { search, offset } = shown;
    const group = place.filters.get("group");
    void this.askPage(this.people, {
      ...shown,
      ...(this.view === "people" ? {} : { search: "", offset: 0 }),
      limit: LIMIT,
      ...(group ? { group } : {}),
    });
    if (this.view === "nobody") void this.askPage(this.nobody, { search, offset, limit: LIMIT });
  }

  override render() {
    const { t, f, texts, place } = this.ctx;
    const who = this.adding ? "" : (place.item ?? "");
    const page = this.people.value;
    const { view } = this;
    return html`
      <div class="filters" role="group" aria-label=${t("common.show")}>
        ${VIEWS.map(
          (one) => html`<button
            aria-pressed=${one === view}
            @click=${() => go(addressOf("people", undefined, one === "people" ? {} : { view: one }), true)}
          >
            ${t(`people.views.${one}`)}
            ${one === "nobody" && page?.unmapped ? chip(f.number(page.unmapped), "warn num") : nothing}
            ${one === "people" && page ? html`<span class="num dim">${f.number(page.total)}</span>` : nothing}
          </button>`,
        )}
      </div>
      ${refused(texts, this.people.error)}
      ${view === "users"
        ? html`<sid-users .ctx=${this.ctx}></sid-users>`
        : view === "doubles"
          ? html`<sid-doubles .ctx=${this.ctx}></sid-doubles>`
          : view === "nobody"
          ? this.unknown()
          : page && !page.total
            ? this.nobodyYet()
            : this.known()}
      ${view !== "users" && (place.item || this.adding)
        ? keyed(
            who,
            html`<sid-person
              .ctx=${this.ctx}
              .person=${who}
              @closed=${() => {
                this.adding = false;
                if (place.item) this.show();
              }}
            ></sid-person>`,
          )
        : nothing}
      ${this.importing ? html`<sid-import .ctx=${this.ctx} @closed=${() => (this.importing = false)}></sid-import>` : nothing}
      ${this.adopting ? html`<sid-adopt .ctx=${this.ctx} @closed=${() => (this.adopting = false)}></sid-adopt>` : nothing}
      ${this.forgetting ? this.askFirst(this.forgetting) : nothing}
      ${this.mapping
        ? html`<sid-person
            .ctx=${this.ctx}
            .map=${this.mapping}
            @closed=${() => {
              this.mapping = undefined;
            }}
          ></sid-person>`
        : nothing}
    `;
  }

  private askFirst(user: Nobody) {
    const { t } = this.ctx;
    const name = this.nameOf(user);
    return html`<sid-confirm
      .ctx=${this.ctx}
      .heading=${t("people.forget", { name })}
      .text=${t("confirm.forget_user", { name, id: user.user_id, terminal: user.terminal, punches: user.punches })}
      .button=${t("people.erase")}
      .word=${name}
      @closed=${() => (this.forgetting = undefined)}
      @confirmed=${() => this.forget(user)}
    ></sid-confirm>`;
  }

  private nobodyYet() {
    const { t } = this.ctx;
    return html`<div class="card empty">
      ${icon(mdi.people)}
      <h2>${t("people.nobody_title")}</h2>
      <p>${t("people.nobody_yet")}</p>
      <div class="row wrap" style="justify-content:center">
        <button class="main" ?disabled=${this.busy} @click=${() => this.ctx.begin("adopt_people", {})}>${icon(mdi.people)}${t("people.adopt")}</button>
        <button @click=${() => (this.importing = true)}>${icon(mdi.import)}${t("people.import")}</button>
        <button @click=${() => (this.adding = true)}>${icon(mdi.plus)}${t("people.add")}</button>
      </div>
    </div>`;
  }

  private nameOf(user: Nobody): string {
    return user.name || this.ctx.t("live.user", { id: user.user_id });
  }

  /** Has something done, one thing at a time, and says what went wrong. */
  private async tried(doing: () => Promise<unknown>): Promise<void> {
    this.busy = true;
    try {
      await doing();
    } catch (error) {
      notify(this, this.ctx.texts.error(error));
    }
    this.busy = false;
  }

  private adopt(user: Nobody): void {
    const { t, hass } = this.ctx;
    void this.tried(async () => {
      const { marks } = await call(hass(), "people/adopt", { user_ids: [user.user_id] });
      notify(this, t("people.adopted_one", { name: this.nameOf(user), marks }));
    });
  }

  /** Takes a user for whom they are thought to be. The list moves up, so that it is said of whom, and can be undone. */
  private take(user: Nobody): void {
    const { t, hass } = this.ctx;
    const about = { device_id: [user.device_id], user_id: user.user_id };
    void this.tried(async () => {
      await act(hass(), "map_user", { ...about, person: user.person_id });
      notify(this, t("people.mapped", { user: this.nameOf(user), terminal: user.terminal, name: user.person ?? "" }), {
        text: t("people.undo"),
        action: () => void this.tried(() => act(hass(), "unmap_user", about)),
      });
    });
  }

  private forget(user: Nobody): void {
    const { t, hass } = this.ctx;
    this.forgetting = undefined;
    void this.tried(async () => {
      const { deleted } = await act(hass(), "forget_user", { device_id: [user.device_id], user_id: user.user_id });
      const { punches = 0, photos = 0 } = deleted as Record<string, number>;
      notify(this, t("people.forgotten", { name: this.nameOf(user), punches, photos }));
    });
  }

  private search(placeholder: string) {
    return searchField(this.ctx, placeholder, (search) => this.filter({ search }), filtersOf(this.ctx.place).search);
  }

  private unknown() {
    const { t, texts, place } = this.ctx;
    const page = this.nobody.value;
    if (this.nobody.error)
      return refused(texts, this.nobody.error);
    if (!page) return waiting;
    if (!page.count && !place.filters.get("search"))
      return html`<div class="card empty">${icon(mdi.ok)}<p>${t("people.all_known")}</p></div>`;
    return html`
      <div class="row wrap">
        ${this.search(t("people.search"))}
        ${page.certain
          ? html`<button class="main" ?disabled=${this.busy} @click=${() => this.ctx.begin("automap", {})}>
              ${icon(mdi.ok)}${t("people.take_all", { count: page.certain })}
            </button>`
          : nothing}
        <button ?disabled=${this.busy} @click=${() => (this.adopting = true)}>${icon(mdi.plus)}${t("people.adopt_rest")}</button>
      </div>
      <section class="card">
        <p class="dim">${t("people.unknown_about")}</p>
        <ul>
          ${page.users.map((user) =>
            // Whoever is about to press is not to press at somebody else.
            keyed(`${user.serial} ${user.user_id}`, html`<li data-user=${user.user_id}>
              <span class="grow" style="min-width:160px">
                <strong>${this.nameOf(user)}</strong>
                <span class="dim num">${user.user_id}</span>
                <span class="dim" style="display:block">${user.terminal}${user.punches ? ` · ${t("people.punches", { count: user.punches })}` : ""}</span>
              </span>
              ${user.person
                ? html`<button ?disabled=${this.busy} @click=${() => this.take(user)}>
                    ${icon(mdi.ok)}${t("people.is", { name: user.person })}
                    ${chip(texts.word("basis", user.basis ?? ""))}
                  </button>`
                : nothing}
              <span class="row">
                <button class="plain" @click=${() => (this.mapping = user)}>${t("people.who")}</button>
                <button class="plain" ?disabled=${this.busy} @click=${() => this.adopt(user)}>${t("people.new_person")}</button>
                ${user.punches
                  ? html`<button
                      class="icon"
                      ?disabled=${this.busy}
                      title=${t("people.erase")}
                      aria-label=${t("people.forget", { name: this.nameOf(user) })}
                      @click=${() => (this.forgetting = user)}
                    >
                      ${icon(mdi.clear)}
                    </button>`
                  : nothing}
              </span>
            </li>`),
          )}
        </ul>
        ${pager(this.ctx, filtersOf(place).offset, LIMIT, page.count, this.turn)}
      </section>
    `;
  }

  private known() {
    const { t, f, place } = this.ctx;
    const page = this.people.value;
    if (!page) return waiting;
    const columns: Column<PersonRow>[] = [
      { key: "name", title: t("people.name"), sortable: true, main: true, cell: (person) => person.name },
      {
        key: "external_id",
        title: t("people.external_id"),
        sortable: true,
        cell: (person) => html`<span class="num dim">${person.external_id}</span>`,
      },
      {
        key: "status",
        title: t("people.today"),
        sortable: true,
        cell: (person) => (person.status ? markChip(this.ctx, person.status, true) : ""),
      },
      {
        key: "users",
        title: t("tabs.terminals"),
        sortable: true,
        cell: (person) =>
          person.users.length
            ? html`<span class="row wrap chips">${person.users.slice(0, 3).map((user) => chip(user.terminal))}${
                person.users.length > 3 ? chip(`+${f.number(person.users.length - 3)}`) : nothing
              }</span>`
            : chip(t("people.at_none"), "warn"),
      },
      {
        key: "groups",
        title: t("people.groups"),
        cell: (person) => html`<span class="row wrap chips">${person.groups.map((group) => chip(group, "info"))}</span>`,
      },
    ];
    return html`
      <div class="row wrap">
        ${this.search(t("people.search_people"))}
        ${page.groups.length
          ? html`<label>
              <span class="visually-hidden">${t("people.groups")}</span>
              <select @change=${(event: Event) => this.filter({ group: (event.target as HTMLSelectElement).value })}>
                <option value="">${t("people.all_groups")}</option>
                ${page.groups.map((group) => html`<option value=${group} ?selected=${group === place.filters.get("group")}>${group}</option>`)}
              </select>
            </label>`
          : nothing}
        <button @click=${() => (this.importing = true)}>${icon(mdi.import)}${t("people.import")}</button>
        <button class="main" @click=${() => (this.adding = true)}>${icon(mdi.plus)}${t("people.add")}</button>
      </div>
      <section class="card">
        ${page.count ? nothing : html`<div class="empty"><p>${t("common.nothing_fits")}</p></div>`}
        ${page.count
          ? html`<sid-table
              .ctx=${this.ctx}
              .columns=${columns}
              .rows=${page.people}
              .rowKey=${(person: PersonRow) => person.person_id}
              .rowLabel=${(person: PersonRow) => t("people.open", { name: person.name })}
              .shown=${filtersOf(place, SORTS)}
              .limit=${LIMIT}
              .count=${page.count}
              .busy=${this.people.busy}
              label=${t("tabs.people")}
              openable
              @open-row=${(event: CustomEvent<PersonRow>) => this.show(event.detail.person_id)}
              @filter=${(event: CustomEvent<Filters>) => this.filter(event.detail)}
            ></sid-table>`
          : nothing}
      </section>
    `;
  }
}
