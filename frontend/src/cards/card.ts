/** Who is in, who is late today, and the last punches: for everybody who may see the entities. */

import { mdiClockAlertOutline, mdiFingerprint, mdiHomeAccount } from "@mdi/js";
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { Format } from "../format";
import { Texts } from "../texts";
import { card, rootHass } from "../ui/ha";
import { icon } from "../ui/svg";
import { MOST_PUNCHES, STUB, check, form, type CardConfig, type Part } from "./config";
import { Seen, find, peopleOf, type DashboardHass, type Found } from "./entities";

// All cards of a page have seen the same.
const seen = new Seen(5 * MOST_PUNCHES);

export class SyncIDCard extends LitElement {
  @property({ attribute: false }) set hass(hass: DashboardHass) {
    const old = this.now;
    this.now = hass;
    if (hass.entities !== old?.entities || hass.user !== old?.user || !this.complete) this.found = find(hass);
    seen.take(this.found.punches.map((id) => hass.states[id]));
    if (hass.language !== this.texts?.language && hass.language !== this.asked) void this.load(hass);
    // All of Home Assistant's states come by; few are ours.
    const changed = this.ids.some((id) => hass.states[id] !== old?.states[id]);
    if (changed || hass.locale !== old?.locale || hass.entities !== old?.entities) this.requestUpdate();
  }

  get hass(): DashboardHass {
    return this.now as DashboardHass;
  }

  @state() private config?: Required<CardConfig>;
  @state() private texts?: Texts;
  private now?: DashboardHass;
  private found: Found = { counts: {}, punches: [] };
  private asked?: string;

  // Not the panel's, of which little is needed here.
  static override styles = css`
      :host {
        --sid-line: var(--divider-color, #e0e0e0);
        --sid-text: var(--primary-text-color, #212121);
        --sid-dim: var(--secondary-text-color, #606060);
        display: block;
        height: 100%;
        color: var(--sid-text);
        font-size: 14px;
        line-height: 1.45;
      }
      h2,
      h3,
      p {
        margin: 0;
        font-weight: 500;
      }
      p {
        font-weight: 400;
      }
      svg.mdi {
        width: 24px;
        height: 24px;
        fill: currentcolor;
        flex: none;
      }
      .row {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      .grow {
        flex: 1;
        min-width: 0;
      }
      .dim {
        color: var(--sid-dim);
      }
      .num {
        font-variant-numeric: tabular-nums;
      }
      .nowrap {
        white-space: nowrap;
      }
      .chip {
        border-radius: 16px;
        padding: 1px 10px;
        font-size: 12px;
        font-weight: 500;
        background: color-mix(in srgb, var(--tone, var(--sid-dim)) 14%, transparent);
        color: color-mix(in srgb, var(--tone, var(--sid-dim)) 42%, var(--sid-text));
      }
      .ok {
        --tone: var(--success-color, #43a047);
      }
      .warn {
        --tone: var(--warning-color, #ffa600);
      }
      .notice {
        border-radius: 8px;
        padding: 8px 12px;
        font-size: 13px;
        background: color-mix(in srgb, var(--tone) 12%, transparent);
      }
      .plain-card {
        height: 100%;
        background: var(--card-background-color, #fff);
        border: 1px solid var(--sid-line);
        border-radius: 12px;
      }
      ha-card {
        height: 100%;
      }
      .inside {
        padding: 16px;
        display: grid;
        gap: 20px;
        align-content: start;
        overflow-wrap: anywhere;
      }
      section {
        display: grid;
        gap: 8px;
        grid-template-columns: minmax(0, 1fr);
      }
      h2 {
        font-size: 18px;
      }
      h3 {
        font-size: 16px;
      }
      .count {
        font-size: 24px;
        line-height: 1;
      }
      ul,
      ol {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      .names {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }
      .names .chip {
        font-size: 14px;
        padding: 3px 12px;
      }
      .punches li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        gap: 2px 12px;
        align-items: baseline;
        padding: 8px 0;
      }
      .punches li + li {
        border-block-start: 1px solid var(--sid-line);
      }
      .punches b {
        font-weight: 500;
        font-size: 16px;
      }
      .punches .where {
        grid-column: 2 / -1;
        font-size: 13px;
      }
  `;

  // --- what Home Assistant's dashboards ask of a card ---

  setConfig(config: CardConfig): void {
    this.config = check(config);
  }

  getCardSize(): number {
    return 1 + 3 * (this.config?.show.length ?? 3);
  }

  getGridOptions(): Record<string, number | string> {
    return { columns: 12, min_columns: 6, rows: "auto" };
  }

  static getStubConfig(): Omit<CardConfig, "type"> {
    return { ...STUB };
  }

  static async getConfigForm() {
    const hass = rootHass<DashboardHass>();
    return form(hass ? (await Texts.load(hass, ["config_panel"])).t : String);
  }

  // --- ours ---

  private get ids(): string[] {
    return [...Object.values(this.found.counts), ...this.found.punches];
  }

  /** States come after the registry: until all are there, look again. */
  private get complete(): boolean {
    return this.found.punches.length > 0 && Object.keys(this.found.counts).length === 4;
  }

  private async load(hass: DashboardHass): Promise<void> {
    this.asked = hass.language;
    try {
      this.texts = await Texts.load(hass, ["config_panel"]);
    } catch {
      this.asked = undefined; // the connection was lost: the next state asks again
    }
  }

  protected override render() {
    const { config, texts } = this;
    if (!config || !texts || !this.now) return nothing;
    const nothingToSee = this.ids.length === 0;
    return card(html`<div class="inside">
      ${config.title ? html`<h2>${config.title}</h2>` : nothing}
      ${nothingToSee ? html`<p class="dim">${texts.t("card.nothing")}</p>` : config.show.map((part) => this.section(part, texts, config))}
    </div>`);
  }

  private section(part: Part, texts: Texts, config: Required<CardConfig>): TemplateResult {
    if (part === "punches") return this.punches(texts, config.punches);
    return part === "in"
      ? this.people(texts, "on_site", texts.t("card.in"), texts.t("card.nobody_in"), "ok", mdiHomeAccount)
      : this.people(texts, "late", texts.t("card.late"), texts.t("card.nobody_late"), "warn", mdiClockAlertOutline);
  }

  private people(
    texts: Texts,
    count: "on_site" | "late",
    title: string,
    nobody: string,
    tone: string,
    path: string,
  ): TemplateResult {
    const id = this.found.counts[count];
    const people = id ? peopleOf(this.hass.states[id]) : undefined;
    return html`<section aria-label=${title}>
      <div class="row">
        ${icon(path)}
        <h3 class="grow">${title}</h3>
        <span class="count num">${people ? new Format(this.hass).number(people.count) : "–"}</span>
      </div>
      ${!people
        ? html`<p class="dim">${texts.t("card.unknown")}</p>`
        : people.count === 0
          ? html`<p class="dim">${nobody}</p>`
          : html`<ul class="names">
              ${people.names.map((name) => html`<li class="chip ${tone}">${name}</li>`)}
              ${people.more ? html`<li class="chip">${texts.t("card.more", { count: people.more })}</li>` : nothing}
            </ul>`}
      ${people?.away.length
        ? html`<p class="notice warn">${texts.t("card.away", { terminals: people.away.join(", ") })}</p>`
        : nothing}
    </section>`;
  }

  private punches(texts: Texts, most: number): TemplateResult {
    const format = new Format(this.hass);
    const punches = seen.latest(this.found.punches, most);
    return html`<section aria-label=${texts.t("card.punches")}>
      <div class="row">${icon(mdiFingerprint)}<h3 class="grow">${texts.t("card.punches")}</h3></div>
      ${punches.length === 0
        ? html`<p class="dim">${texts.t("card.no_punch")}</p>`
        : html`<ol class="punches" aria-live="polite">
            ${repeat(
              punches,
              ({ id }) => id,
              (punch) => html`<li>
                <span class="num nowrap">${format.moment(punch.time)}</span>
                <b>${punch.name}</b>
                <span class="chip ${TONES[punch.direction] ?? ""}">${texts.word("directions", punch.direction)}</span>
                <span class="where dim">${punch.terminal}</span>
              </li>`,
            )}
          </ol>`}
    </section>`;
  }
}

const TONES: Record<string, string> = { check_in: "ok", break_in: "ok", overtime_in: "ok" };
