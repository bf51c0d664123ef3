/** One person: changed, added, erased, or chosen for a user of a terminal. */

import { LitElement, css, html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { act } from "../api";
import { Loaded, type Context } from "../context";
import { addressOf, go } from "../router";
import type { Nobody, PersonRow } from "../types";
import "./confirm";
import { shut } from "./dialog";
import { icon, mdi } from "./icons";
import { shared } from "./styles";

const TYPING = 250;

@customElement("sid-person")
export class SidPerson extends LitElement {
  @property({ attribute: false }) ctx!: Context;
  /** Whose; a new one if there is none. */
  @property() person = "";
  /** For whom somebody is chosen. */
  @property({ attribute: false }) map?: Nobody;
  @state() private draft?: { name: string; external_id: string; groups: string };
  @state() private erasing = false;
  @state() private busy = false;
  @state() private error = "";
  private found = new Loaded(this, "people/list");
  private typing?: ReturnType<typeof setTimeout>;
  private asked = "";

  static override styles = [
    shared,
    css`
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
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

  protected override willUpdate(_: PropertyValues): void {
    const now = `${this.person} ${this.ctx.changed.people}`;
    if (now === this.asked) return;
    this.asked = now;
    if (this.map) void this.found.ask(this.ctx.hass(), { search: this.map.name.split(" ")[0] ?? "", limit: 20 });
    else if (this.person) void this.found.ask(this.ctx.hass(), { limit: 200, search: this.draft?.name ?? "" });
  }

  private get row(): PersonRow | undefined {
    return this.found.value?.people.find((one) => one.person_id === this.person);
  }

  private async done(action: string, data: Record<string, unknown>): Promise<boolean> {
    this.busy = true;
    this.error = "";
    try {
      await act(this.ctx.hass(), action, data);
      return true;
    } catch (error) {
      this.error = this.ctx.texts.error(error);
      return false;
    } finally {
      this.busy = false;
    }
  }

  override render() {
    const { t } = this.ctx;
    if (this.map) return this.choose(this.map);
    const { row } = this;
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
          if (await this.done("remove_person", { person: row.person_id })) this.dispatchEvent(new CustomEvent("closed"));
          this.erasing = false;
        }}
      ></sid-confirm>`;
    const isNew = !this.person;
    return html`<sid-dialog .heading=${isNew ? t("people.add") : (row?.name ?? "")} .closeLabel=${t("common.close")}>
      ${isNew || row
        ? this.form(row)
        : this.found.value && !this.found.busy
          ? html`<p class="dim">${t("people.person_gone")}</p>`
          : html`<div class="progress"></div>`}
      <div slot="footer" class="row wrap" style="justify-content:flex-end">
        ${row ? html`<button class="plain" @click=${() => (this.erasing = true)}>${icon(mdi.remove)}${t("people.erase")}</button><span class="grow"></span>` : nothing}
        <button @click=${() => shut(this)}>${t("common.cancel")}</button>
        <button class="main" ?disabled=${this.busy || !this.draft?.name.trim()} @click=${() => this.save(row)}>${t("people.save")}</button>
      </div>
    </sid-dialog>`;
  }

  private form(row: PersonRow | undefined) {
    const { t } = this.ctx;
    const draft = this.draft ?? { name: row?.name ?? "", external_id: row?.external_id ?? "", groups: row?.groups.join(", ") ?? "" };
    const field = (key: keyof typeof draft, help = "") => html`<label class="field">
      ${t(`people.${key}`)}
      <input
        autocomplete="off"
        .value=${draft[key]}
        @input=${(event: Event) => {
          this.draft = { ...draft, [key]: (event.target as HTMLInputElement).value };
        }}
      />
      ${help ? html`<small>${help}</small>` : nothing}
    </label>`;
    return html`<div class="stack">
      ${field("name")} ${field("external_id", t("people.external_id_help"))} ${field("groups", t("people.groups_help"))}
      ${this.error ? html`<div class="notice bad" role="alert">${icon(mdi.error)}<span>${this.error}</span></div>` : nothing}
      ${row
        ? html`<section>
            <h3>${t("people.known_as")}</h3>
            ${row.users.length ? nothing : html`<p class="dim">${t("people.known_nowhere")}</p>`}
            <ul>
              ${row.users.map(
                (user) => html`<li>
                  <span class="grow">${user.terminal} <span class="dim num">${user.user_id}</span></span>
                  <button class="plain" @click=${() => go(addressOf("people", user.user_id, { view: "users" }))}>${t("people.show_user")}</button>
                  <button class="plain" ?disabled=${!user.device_id || this.busy} @click=${() => this.done("unmap_user", { device_id: [user.device_id], user_id: user.user_id })}>
                    ${t("people.unmap")}
                  </button>
                </li>`,
              )}
            </ul>
          </section>`
        : nothing}
    </div>`;
  }

  private async save(row: PersonRow | undefined): Promise<void> {
    const { draft } = this;
    if (!draft) return;
    const data = {
      name: draft.name.trim(),
      external_id: draft.external_id.trim(),
      groups: draft.groups.split(",").map((group) => group.trim()).filter(Boolean),
    };
    const saved = row
      ? await this.done("update_person", { person: row.person_id, ...data })
      : await this.done("add_person", data);
    if (saved) shut(this);
  }

  private choose(user: Nobody) {
    const { t } = this.ctx;
    const take = async (person: string): Promise<void> => {
      if (await this.done("map_user", { device_id: [user.device_id], user_id: user.user_id, person })) shut(this);
    };
    return html`<sid-dialog
      .heading=${t("people.who_is", { name: user.name || user.user_id, terminal: user.terminal })}
      .closeLabel=${t("common.close")}
    >
      <div class="stack">
        <label class="search">
          <span class="visually-hidden">${t("common.search")}</span>
          ${icon(mdi.search)}
          <input
            type="search"
            placeholder=${t("people.search_people")}
            @input=${(event: Event) => {
              const search = (event.target as HTMLInputElement).value;
              clearTimeout(this.typing);
              this.typing = setTimeout(() => void this.found.ask(this.ctx.hass(), { search, limit: 20 }), TYPING);
            }}
          />
        </label>
        ${this.error ? html`<div class="notice bad" role="alert">${icon(mdi.error)}<span>${this.error}</span></div>` : nothing}
        <ul>
          ${(this.found.value?.people ?? []).map(
            (person) => html`<li>
              <span class="grow">${person.name} <span class="dim num">${person.external_id}</span></span>
              <button ?disabled=${this.busy} aria-label=${t("people.is", { name: person.name })} @click=${() => take(person.person_id)}>${t("people.choose")}</button>
            </li>`,
          )}
        </ul>
        ${this.found.value && !this.found.value.count ? html`<p class="dim">${t("common.nothing_fits")}</p>` : nothing}
      </div>
      <div slot="footer" class="row" style="justify-content:flex-end">
        <button @click=${() => shut(this)}>${t("common.cancel")}</button>
      </div>
    </sid-dialog>`;
  }
}
