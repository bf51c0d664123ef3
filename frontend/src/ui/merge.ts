/** Makes one person of two: what there is of each, who stays, and what they are called then. */

import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { act } from "../api";
import { Loaded, Part } from "../context";
import type { Holding } from "../types";
import "./confirm";
import { chip } from "./chip";
import { leaving } from "./dialog";
import { notify } from "./ha";
import { icon, mdi } from "./icons";
import { failed, waiting } from "./notice";
import { shared } from "./styles";

const COUNTS = ["punches", "marks", "corrections", "rota", "leave"] as const;

@customElement("sid-merge")
export class SidMerge extends Part {
  /** The ids of both. */
  @property({ attribute: false }) people: readonly [string, string] = ["", ""];
  @state() private stays = 0;
  @state() private draft?: { name: string; external_id: string };
  @state() private asking = false;
  @state() private busy = false;
  @state() private error = "";
  private held = new Loaded(this, "people/holdings");

  static override styles = [
    shared,
    css`
      .sides {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(210px, 1fr));
        align-items: start;
        gap: 12px;
      }
      .side {
        border: 2px solid var(--sid-line);
        border-radius: var(--sid-radius);
        padding: 12px;
        cursor: pointer;
        overflow-wrap: anywhere;
      }
      .side.on {
        border-color: var(--sid-blue);
      }
    `,
  ];

  override async firstUpdated(): Promise<void> {
    await this.held.ask({ person_ids: [...this.people] });
    // Mostly it is whom the terminals know.
    const [first, second] = this.held.value?.people ?? [];
    if (first && second && second.punches > first.punches) this.stays = 1;
  }

  private get sides(): { kept: Holding; gone: Holding } | undefined {
    const [first, second] = this.held.value?.people ?? [];
    if (!first || !second) return undefined;
    return this.stays ? { kept: second, gone: first } : { kept: first, gone: second };
  }

  override render() {
    const { t, texts } = this.ctx;
    const { sides } = this;
    const error = this.error || (this.held.error ? texts.error(this.held.error) : "");
    if (this.asking && sides)
      return html`<sid-confirm
        .ctx=${this.ctx}
        .heading=${t("merge.title")}
        .text=${t("merge.about_end", { kept: this.titleOf(sides.kept), gone: this.titleOf(sides.gone) })}
        .button=${t("merge.with")}
        .word=${sides.gone.person.name}
        @closed=${(event: Event) => {
          event.stopPropagation();
          this.asking = false;
        }}
        @confirmed=${this.merge}
      ></sid-confirm>`;
    return html`<sid-dialog .heading=${t("merge.title")}>
      <div class="stack">
        ${failed(error)}
        ${sides ? this.form(sides) : error ? nothing : waiting}
      </div>
      <div slot="footer">
        ${leaving(this)}
        <button class="main" ?disabled=${!sides || this.busy} @click=${() => (this.asking = true)}>
          ${icon(mdi.merge)}${t("merge.with")}
        </button>
      </div>
    </sid-dialog>`;
  }

  private titleOf({ person }: Holding): string {
    return person.external_id ? `${person.name} (${person.external_id})` : person.name;
  }

  private form({ kept, gone }: { kept: Holding; gone: Holding }) {
    const { t } = this.ctx;
    const draft = this.draft ?? {
      name: kept.person.name,
      external_id: kept.person.external_id || gone.person.external_id,
    };
    const field = (key: keyof typeof draft) => html`<label class="field">
      ${t(`people.${key}`)}
      <input
        autocomplete="off"
        .value=${draft[key]}
        @input=${(event: Event) => {
          this.draft = { ...draft, [key]: (event.target as HTMLInputElement).value };
        }}
      />
    </label>`;
    return html`<fieldset>
        <legend><strong>${t("merge.stays")}</strong></legend>
        <div class="sides">${this.held.value?.people.map((one, at) => this.side(one, at))}</div>
      </fieldset>
      ${field("name")} ${field("external_id")}`;
  }

  private side(held: Holding, at: number) {
    const { t, f } = this.ctx;
    const { person } = held;
    return html`<label class="side stack tight ${at === this.stays ? "on" : ""}">
      <span class="row">
        <input
          type="radio"
          name="stays"
          .checked=${at === this.stays}
          @change=${() => {
            this.stays = at;
            this.draft = undefined;
          }}
        />
        <strong>${person.name}</strong>
      </span>
      <span class="dim num">${person.external_id}</span>
      <span class="row wrap chips">
        ${person.groups.map((group) => chip(group, "info"))}
        ${person.users.map((user) => chip(`${user.terminal} ${user.user_id}`, "num"))}
      </span>
      <dl class="facts">
        <dt>${t("merge.users")}</dt>
        <dd class="num">${f.number(person.users.length)}</dd>
        ${COUNTS.map((key) => html`<dt>${t(`merge.${key}`)}</dt><dd class="num">${f.number(held[key])}</dd>`)}
      </dl>
    </label>`;
  }

  private merge = async (): Promise<void> => {
    const { sides } = this;
    if (!sides || this.busy) return;
    const { t, texts } = this.ctx;
    this.busy = true;
    try {
      const made = await act(this.ctx.hass(), "merge_people", {
        person: sides.kept.person.person_id,
        other_person: sides.gone.person.person_id,
        ...(this.draft ?? {}),
      });
      notify(this, t("merge.done", { name: String(made.name), count: Number(made.marks_changed) }));
      this.dispatchEvent(new CustomEvent("closed"));
    } catch (error) {
      this.error = texts.error(error);
      this.asking = false;
    }
    this.busy = false;
  };
}
