/** One person: changed, added, erased, or chosen for a user of a terminal. */

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { act } from "../api";
import { Loaded, Part, type Context } from "../context";
import { keep, kept, unlike } from "../draft";
import { addressOf, go } from "../router";
import type { Nobody, PersonPlace, PersonRow } from "../types";
import "./confirm";
import { leaving, shut } from "./dialog";
import { notify } from "./ha";
import { icon, mdi } from "./icons";
import { failed, waiting } from "./notice";
import { searchField } from "./search";
import { shared } from "./styles";

import "./merge";

export const KINDS = ["student", "staff", "visitor"] as const;

/** Whom nobody has said who they are. */
export type Unmapped = Pick<Nobody, "terminal" | "device_id" | "user_id" | "name">;

/** How much of what was erased, and at which terminals. */
interface Erased {
  deleted: Record<string, number>;
  terminals?: { removed: boolean; queued?: boolean }[];
}

interface Draft {
  name: string;
  external_id: string;
  groups: string;
  kind: string;
  valid_from: string;
  valid_until: string;
}

@customElement("sid-person")
export class SidPerson extends Part {
  /** Whose; a new one if there is none. */
  @property() person = "";
  /** For whom somebody is chosen. */
  @property({ attribute: false }) map?: Unmapped;
  /** Only what is changed. */
  @state() private draft?: Partial<Draft>;
  @state() private other = "";
  /** Whether somebody else is looked for: who the person is the same as. */
  @state() private picking = false;
  @state() private adding = false;
  @state() private erasing = false;
  @state() private busy = false;
  @state() private error = "";
  @state() private places: readonly PersonPlace[] = [];
  private found = new Loaded(this, "people/list");
  private asked = "";
  /** What somebody to choose is searched by, once that is done. */
  private search?: string;

  static override styles = [
    shared,
    css`
      .days {
        display: grid;
        grid-template-columns: repeat(2, minmax(0, 1fr));
        gap: 16px;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: center;
        border-top: 1px solid var(--sid-line);
        padding: 6px 0;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("person")) this.places = [];
    const now = `${this.person} ${this.ctx.changed.people}`;
    if (now === this.asked) return;
    this.asked = now;
    this.draft ??= this.map ? undefined : kept(this.draftKey);
    if (this.search !== undefined) void this.look();
    else if (this.map) void this.guess(this.map.name);
    else if (this.person) void this.found.ask({ person_id: this.person, limit: 1 });
  }

  /** Looks for somebody to choose. */
  private look() {
    return this.found.ask({ search: this.search, limit: 20 });
  }

  /** Looks for namesakes; where there are none, all are to be chosen from. */
  private async guess(name: string): Promise<void> {
    this.search = firstOf(name);
    if ((await this.look())?.people.every((one) => one.person_id === this.person)) {
      this.search = "";
      void this.look();
    }
  }

  private get row(): PersonRow | undefined {
    return this.found.value?.people.find((one) => one.person_id === this.person);
  }

  private async done(action: string, data: Record<string, unknown>): Promise<Record<string, unknown> | undefined> {
    this.busy = true;
    this.error = "";
    try {
      return await act(this.ctx.hass(), action, data);
    } catch (error) {
      this.error = this.ctx.texts.error(error);
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  override render() {
    const { t } = this.ctx;
    if (this.map && !this.adding) return this.choose(this.map);
    const { row } = this;
    if (this.other)
      return html`<sid-merge .ctx=${this.ctx} .people=${[this.person, this.other]}></sid-merge>`;
    if (this.picking) return this.pick();
    if (this.erasing && row)
      return html`<sid-confirm
        .ctx=${this.ctx}
        .heading=${t("people.erase")}
        .text=${t("people.erase_about", { name: row.name })}
        .button=${t("people.erase")}
        .word=${row.name}
        @closed=${(event: Event) => {
          event.stopPropagation();
          this.erasing = false;
        }}
        @confirmed=${async () => {
          if (this.busy) return;
          const from_terminals = !!this.renderRoot.querySelector(":checked");
          const told = await this.done("remove_person", { person: row.person_id, from_terminals });
          if (told) this.erased(row.name, told as unknown as Erased);
          this.erasing = false;
        }}
        >${row.users.length && row.users.every((one) => one.device_id)
          ? html`<label class="row">
                <input type="checkbox" /> ${t("people.erase_from", { terminals: [...new Set(row.users.map((one) => one.terminal))].join(", ") })}
              </label>
              <small class="help">${t("people.erase_from_help")}</small>`
          : nothing}</sid-confirm
      >`;
    const isNew = !this.person;
    return html`<sid-dialog .heading=${isNew ? t("people.add") : (row?.name ?? "")} @closed=${() => this.write()}>
      ${isNew || row
        ? this.form(row)
        : this.found.value && !this.found.busy
          ? html`<p class="dim">${t("people.person_gone")}</p>`
          : waiting}
      <div slot="footer">
        ${row ? html`<button class="plain" @click=${() => (this.erasing = true)}>${icon(mdi.remove)}${t("people.erase")}</button>
              <button class="plain" @click=${this.lookForOther}>${icon(mdi.merge)}${t("merge.with")}</button>` : nothing}
        <span class="row" style="margin-inline-start:auto">${leaving(this)}
        <button class="main" ?disabled=${this.busy || (!isNew && !(row && this.draft)) || !this.written.name.trim()} @click=${this.save}>${t("people.save")}</button></span>
      </div>
    </sid-dialog>`;
  }

  /** As they were shown: what is not theirs any more stays, or the next one's button would slide under the finger. */
  private placesOf({ users }: PersonRow): PersonPlace[] {
    return [...this.places, ...users.filter((one) => !holds(this.places, one))];
  }

  /** Has a user be nobody, or them again. */
  private turn({ device_id, user_id }: PersonPlace, row: PersonRow, isAway: boolean): void {
    this.places = this.placesOf(row);
    const about = { device_id: [device_id], user_id };
    void (isAway ? this.done("map_user", { ...about, person: row.person_id }) : this.done("unmap_user", about));
  }

  private get draftKey(): string {
    return `person ${this.person}`;
  }

  /** Where somebody is mapped, what the terminal tells would be written over. */
  private write(draft?: Partial<Draft>): void {
    this.draft = draft;
    if (!this.map) keep(this.draftKey, draft);
  }

  private form(row: PersonRow | undefined) {
    const { t } = this.ctx;
    const draft = this.written;
    const change = (changed: Partial<Draft>): void => {
      this.error = "";
      this.write(unlike(this.known, { ...this.draft, ...changed }));
    };
    const field = (key: keyof Draft, help = "", type = "text") => html`<label class="field">
      ${t(`people.${key}`)}
      <input
        type=${type}
        autocomplete="off"
        .value=${draft[key]}
        @input=${(event: Event) => change({ [key]: (event.target as HTMLInputElement).value })}
      />
      ${help ? html`<small>${help}</small>` : nothing}
    </label>`;
    return html`<div class="stack">
      ${field("name")} ${field("external_id", t("people.external_id_help"))} ${kindField(this.ctx, draft.kind, (kind) => change({ kind }))}
      ${field("groups", t("people.groups_help"))}
      <div class="days">${field("valid_from", "", "date")} ${field("valid_until", "", "date")}</div>
      <small class="help">${t("people.valid_help")}</small>
      ${failed(this.error, true)}
      ${row
        ? html`<section>
            <h3>${t("people.known_as")}</h3>
            ${this.placesOf(row).length ? nothing : html`<p class="dim">${t("people.known_nowhere")}</p>`}
            <ul>
              ${this.placesOf(row).map((user) => {
                const isAway = !holds(row.users, user);
                return html`<li>
                  <span class="grow">${user.terminal} <span class="dim num">${user.user_id}</span>
                    <span class="dim" role="status">${isAway ? t("people.of_nobody") : ""}</span></span>
                  <button class="plain" @click=${() => go(addressOf("people", user.user_id, { view: "users" }))}>${t("people.show_user")}</button>
                  <button class="plain" ?disabled=${!user.device_id || this.busy} @click=${() => this.turn(user, row, isAway)}>
                    ${t(isAway ? "people.undo" : "people.unmap")}
                  </button>
                </li>`;
              })}
            </ul>
          </section>`
        : nothing}
    </div>`;
  }

  private save = async (): Promise<void> => {
    const { map, draft = {}, written } = this;
    const all = {
      ...written,
      name: written.name.trim(),
      external_id: written.external_id.trim(),
      groups: written.groups.split(",").map((group) => group.trim()).filter(Boolean),
    };
    const saved = this.person
      ? await this.done("update_person", { person: this.person, ...Object.fromEntries(Object.entries(all).filter(([key]) => key in draft)) })
      : await this.done("add_person", all);
    if (!saved) return;
    if (map) {
      const user = { device_id: [map.device_id], user_id: map.user_id };
      // Whoever is there now is chosen, should the terminal be another one's meanwhile.
      this.adding = false;
      if (!(await this.done("map_user", { ...user, person: saved.person_id }))) return;
    }
    // Whoever the address has turned to meanwhile is not closed.
    if (this.isConnected) shut(this);
    else this.write();
  };

  /** What is kept of them, or what a terminal tells of who is added from there. */
  private get known(): Draft {
    const { map } = this;
    return map ? { ...draftOf(), name: map.name, external_id: map.user_id } : draftOf(this.row);
  }

  private get written(): Draft {
    return { ...this.known, ...this.draft };
  }

  private erased(name: string, { deleted, terminals = [] }: Erased): void {
    const { t } = this.ctx;
    const { punches = 0, marks = 0, corrections = 0, entities = 0 } = deleted;
    const users = terminals.filter((one) => one.removed).length;
    const count = terminals.filter((one) => one.queued).length;
    const done = t("people.erased", { name, punches, marks, corrections, entities, users });
    notify(this, count ? `${done} ${t("people.erased_later", { count })}` : done);
    this.dispatchEvent(new CustomEvent("closed"));
  }

  private lookForOther = (): void => {
    this.picking = true;
    this.mine = this.row?.name ?? "";
    void this.guess(this.mine);
  };

  private mine = "";

  private pick() {
    return this.people(
      this.ctx.t("merge.pick", { name: this.mine }),
      (this.found.value?.people ?? []).filter((one) => one.person_id !== this.person),
      (person) => {
        this.other = person;
      },
    );
  }

  private choose(user: Unmapped) {
    const { t } = this.ctx;
    const take = async (person: string): Promise<void> => {
      if (await this.done("map_user", { device_id: [user.device_id], user_id: user.user_id, person })) shut(this);
    };
    return this.people(
      t("people.who_is", { name: user.name || user.user_id, terminal: user.terminal }),
      this.found.value?.people ?? [],
      (person) => void take(person),
      html`<button class="main" @click=${() => (this.adding = true)}>${icon(mdi.plus)}${t("people.as_new")}</button>`,
    );
  }

  /** People to choose one of. */
  private people(
    heading: string,
    people: readonly PersonRow[],
    chosen: (person: string) => void,
    more: TemplateResult | typeof nothing = nothing,
  ) {
    const { t } = this.ctx;
    return html`<sid-dialog .heading=${heading}>
      <div class="stack">
        ${searchField(this.ctx, t("people.search_people"), (search) => {
          this.search = search;
          void this.look();
        })}
        ${failed(this.error, true)}
        <ul>
          ${people.map(
            (person) => html`<li>
              <span class="grow">${person.name} <span class="dim num">${person.external_id}</span></span>
              <button ?disabled=${this.busy} aria-label=${t("people.is", { name: person.name })} @click=${() => chosen(person.person_id)}>${t("people.choose")}</button>
            </li>`,
          )}
        </ul>
        ${this.found.value && !people.length ? html`<p class="dim">${t("common.nothing_fits")}</p>` : nothing}
      </div>
      <div slot="footer">
        ${leaving(this)}
        ${more}
      </div>
    </sid-dialog>`;
  }
}

const holds = (places: readonly PersonPlace[], { serial, user_id }: PersonPlace): boolean =>
  places.some((one) => one.serial === serial && one.user_id === user_id);

const firstOf = (name: string): string => name.split(" ")[0] ?? "";

const draftOf = (row?: PersonRow): Draft => ({
  name: row?.name ?? "",
  external_id: row?.external_id ?? "",
  groups: row?.groups.join(", ") ?? "",
  kind: row?.kind ?? "staff",
  valid_from: row?.valid_from ?? "",
  valid_until: row?.valid_until ?? "",
});

/** Chooses what kind somebody is. */
export const kindField = ({ t }: Context, now: string, choose: (kind: string) => void) =>
  html`<label class="field">
    ${t("people.kind")}
    <select @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
      ${KINDS.map((kind) => html`<option value=${kind} ?selected=${kind === now}>${t(`kinds.${kind}`)}</option>`)}
    </select>
  </label>`;
