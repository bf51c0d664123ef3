/** The panel: the frame around its pages, and what they share. */

import { LitElement, css, html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { call, type Subscriptions } from "./api";
import type { Context } from "./context";
import { Format } from "./format";
import type { Hass } from "./hass";
import { PAGES, addressOf, go, isOurs, placeOf, type PageName } from "./router";
import { Subscription } from "./subscription";
import { Texts } from "./texts";
import type { Drill, Job, Topic } from "./types";
import { icon, mdi } from "./ui/icons";
import { menuButton, notify } from "./ui/ha";
import { follow } from "./ui/links";
import { shared } from "./ui/styles";

import "./pages/attendance";
import "./pages/live";
import "./pages/people";
import "./pages/rules";
import "./pages/terminals";
import "./ui/jobs";

// The hash with which Home Assistant asked for this module.
const BUILD = new URL(import.meta.url).searchParams.get("h");
const ICONS: Record<PageName, mdi> = { live: mdi.live, attendance: mdi.calendar, people: mdi.people, terminals: mdi.terminals, rules: mdi.rules };

@customElement("syncid-panel")
export class SyncIDPanel extends LitElement {
  @property({ attribute: false }) hass!: Hass;
  @property({ type: Boolean, reflect: true }) narrow = false;

  @state() private texts?: Texts;
  @state() private connected = true;
  @state() private outdated = false;
  @state() private jobs: readonly Job[] = [];
  @state() private drill: Drill | null = null;
  // Not private: Lit calls it by its name below.
  @state() protected shown?: { job?: string };
  @state() private changed: Record<Topic, number> = { terminals: 0, people: 0, punches: 0, marks: 0 };

  @state() private place = placeOf(location);

  private ctx?: Context;
  private subscriptions: { [K in keyof Subscriptions]: Subscription<K> }[keyof Subscriptions][] = [];

  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 100%;
        background: var(--primary-background-color, #fafafa);
        container-type: inline-size;
      }
      .frame {
        display: flex;
        flex-direction: column;
        flex: 1;
        min-height: calc(100dvh - var(--safe-area-inset-top, 0px) - var(--safe-area-inset-bottom, 0px));
      }
      header {
        position: sticky;
        top: 0;
        z-index: 4;
        display: flex;
        align-items: center;
        gap: 4px;
        min-height: var(--header-height, 56px);
        padding: 0 12px;
        background: var(--app-header-background-color, var(--sid-blue));
        color: var(--app-header-text-color, #fff);
        border-bottom: var(--app-header-border-bottom, none);
      }
      header button {
        color: inherit;
      }
      h1 {
        font-size: 20px;
        font-weight: 400;
        flex: 1;
        padding-inline-start: 8px;
      }
      nav.top {
        display: flex;
        align-self: stretch;
      }
      nav a {
        color: inherit;
        text-decoration: none;
        display: flex;
        align-items: center;
        gap: 8px;
        font-weight: 500;
      }
      nav.top a {
        padding: 0 16px;
        border-bottom: 3px solid transparent;
        border-top: 3px solid transparent;
      }
      nav.top a[aria-current] {
        border-bottom-color: currentcolor;
      }
      nav.top svg.mdi {
        width: 20px;
        height: 20px;
      }
      nav.bottom,
      .slim {
        display: none;
      }
      main {
        flex: 1;
        width: 100%;
        max-width: 1200px;
        margin: 0 auto;
        padding: 16px;
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        align-content: start;
        gap: 16px;
      }
      .lost {
        position: sticky;
        top: var(--header-height, 56px);
        z-index: 3;
      }
      .lost .notice {
        margin: 12px 16px 0;
        align-items: center;
      }
      .jobs {
        position: relative;
      }
      .badge {
        position: absolute;
        inset-inline-end: 2px;
        top: 2px;
        min-width: 18px;
        height: 18px;
        border-radius: 9px;
        font-size: 11px;
        line-height: 18px;
        background: var(--sid-text);
        color: var(--sid-card);
      }
      @container (max-width: 700px) {
        nav.top,
        .wide {
          display: none;
        }
        .slim {
          display: inline;
        }
        main {
          padding: 12px;
          gap: 12px;
        }
        nav.bottom {
          position: sticky;
          bottom: 0;
          z-index: 4;
          display: flex;
          background: var(--sid-card);
          border-top: 1px solid var(--sid-line);
          color: var(--sid-dim);
        }
        nav.bottom a {
          flex: 1;
          flex-direction: column;
          gap: 2px;
          padding: 8px 4px;
          font-size: 12px;
          min-width: 0;
        }
        nav.bottom a[aria-current] {
          color: color-mix(in srgb, var(--sid-blue) 70%, var(--sid-text));
        }
        nav.bottom a[aria-current] svg.mdi {
          background: color-mix(in srgb, var(--sid-blue) 18%, transparent);
        }
        nav.bottom svg.mdi {
          box-sizing: content-box;
          padding: 2px 16px;
          border-radius: 14px;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("location-changed", this.moved);
    window.addEventListener("popstate", this.moved);
    // Another element is made when Home Assistant has put this one away for a while.
    if (this.hass) this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("location-changed", this.moved);
    window.removeEventListener("popstate", this.moved);
    for (const subscription of this.subscriptions) subscription.stop();
    this.subscriptions = [];
  }

  // Home Assistant tells of paths alone, not of what is filtered by.
  private moved = (): void => {
    if (isOurs(location)) this.place = placeOf(location);
  };

  private begin(): void {
    if (this.subscriptions.length) return;
    const { connection } = this.hass;
    this.subscriptions = [
      new Subscription(connection, "changes/subscribe", ({ topics }) => this.note(topics), (there) => {
        const back = there && !this.connected;
        this.connected = there;
        if (back) this.note(["terminals", "people", "punches", "marks"]);
        if (there) void this.handshake();
      }),
      new Subscription(connection, "jobs/subscribe", ({ jobs }) => {
        this.jobs = jobs;
      }),
      new Subscription(connection, "drill/subscribe", ({ drill }) => {
        this.drill = drill;
      }),
    ];
    for (const subscription of this.subscriptions) subscription.start();
  }

  private note(topics: Topic[]): void {
    const changed = { ...this.changed };
    for (const topic of topics) changed[topic] += 1;
    this.changed = changed;
  }

  /** Looks whether what runs here is what Home Assistant would serve now. */
  private async handshake(): Promise<void> {
    try {
      const { build } = await call(this.hass, "info", {});
      this.outdated = Boolean(BUILD && build && build !== BUILD);
    } catch {
      // The next connection asks again.
    }
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("hass")) {
      this.begin();
      if (this.hass.language !== this.wanted) {
        void this.load(this.hass);
      }
    }
    if (!this.texts) return;
    const other = changed.has("hass") && this.isOther(changed);
    const matters = other || [...changed.keys()].some((key) => key !== "hass" && key !== "shown");
    if (matters || !this.ctx) this.ctx = this.context(this.texts, other ? undefined : this.ctx?.f);
  }

  private wanted?: string;

  private async load(hass: Hass): Promise<void> {
    this.wanted = hass.language;
    try {
      const texts = await Texts.load(hass);
      if (texts.language === this.wanted) this.texts = texts;
    } catch {
      // Home Assistant is not there; what it says next is a reason to ask again.
      if (this.wanted === hass.language) this.wanted = undefined;
    }
  }

  private context(texts: Texts, f = new Format(this.hass)): Context {
    return {
      hass: () => this.hass,
      texts,
      t: texts.t,
      f,
      narrow: this.narrow,
      place: this.place,
      jobs: this.jobs,
      drill: this.drill,
      changed: this.changed,
      showJob: (job) => {
        this.shown = { job };
      },
      begin: async (action, data, like) => {
        try {
          const job = await call(this.hass, "jobs/begin", { action, data, ...(like ? { like } : {}) });
          this.shown = { job: job.id };
          return job;
        } catch (error) {
          notify(this, texts.error(error));
          return undefined;
        }
      },
    };
  }

  protected override shouldUpdate(changed: PropertyValues): boolean {
    // Every change of any state brings another `hass`, which is nothing to draw for.
    return changed.size > 1 || !changed.has("hass") || !this.wanted || this.isOther(changed);
  }

  private isOther(changed: PropertyValues): boolean {
    const before = changed.get("hass") as Hass | undefined;
    return !before || (["language", "locale", "config"] as const).some((key) => before[key] !== this.hass[key]);
  }

  override render() {
    const { ctx } = this;
    if (!ctx) return html`<div class="frame" aria-busy="true"></div>`;
    const { t } = ctx;
    const { page } = ctx.place;
    const rtl = this.hass.translationMetadata?.translations[this.hass.language]?.isRTL;
    const running = this.jobs.filter((job) => job.state === "running").length;
    const links = PAGES.map(
      (name) => html`<a
        href=${addressOf(name)}
        aria-current=${name === page ? "page" : nothing}
        @click=${(event: MouseEvent) => follow(event, true)}
      >
        ${icon(ICONS[name])}${t(`tabs.${name}`)}
      </a>`,
    );
    return html`<div class="frame" dir=${rtl ? "rtl" : "ltr"} lang=${this.hass.language}>
      <header>
        ${menuButton(this.hass, this.narrow, t("common.menu"))}
        <h1><span class="wide">SyncID</span><span class="slim">${t(`tabs.${page}`)}</span></h1>
        <nav class="top" aria-label="SyncID">${links}</nav>
        <button
          class="icon jobs"
          aria-label=${running ? t("jobs.title_running", { count: running }) : t("jobs.title")}
          @click=${() => {
            this.shown = {};
          }}
        >
          ${icon(mdi.running)}${running ? html`<span class="badge num">${ctx.f.number(running)}</span>` : nothing}
        </button>
      </header>
      <div role="status" class="lost">
        ${this.connected
          ? nothing
          : html`<div class="notice warn">${icon(mdi.drift)}<span>${t("common.reconnecting")}</span></div>`}
        ${this.drill
          ? html`<div class="notice bad">
              ${icon(mdi.drill)}<span class="grow">${t("rollcall.begun", { time: ctx.f.moment(this.drill.started), name: this.drill.by })}</span>
              <button @click=${() => go(addressOf("live", "rollcall"))}>${t("rollcall.title")}</button>
            </div>`
          : nothing}
      </div>
      <main>
        ${this.outdated
          ? html`<div class="notice">
              <span class="grow">${t("common.outdated")}</span>
              <button @click=${() => location.reload()}>${t("common.reload")}</button>
            </div>`
          : nothing}
        ${page === "live"
          ? html`<sid-live .ctx=${ctx}></sid-live>`
          : page === "terminals"
            ? html`<sid-terminals .ctx=${ctx}></sid-terminals>`
            : page === "attendance"
              ? html`<sid-attendance .ctx=${ctx}></sid-attendance>`
              : page === "rules"
                ? html`<sid-rules .ctx=${ctx}></sid-rules>`
                : html`<sid-people .ctx=${ctx}></sid-people>`}
      </main>
      <nav class="bottom" aria-label="SyncID">${links}</nav>
      ${this.shown
        ? html`<sid-jobs
            .ctx=${ctx}
            .job=${this.shown.job}
            @closed=${() => {
              this.shown = undefined;
            }}
          ></sid-jobs>`
        : nothing}
    </div>`;
  }
}
