/** Who punches, as it happens. */

import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { Loaded, Page } from "../context";
import { Feed, keyOf } from "../feed";
import { addressOf, go } from "../router";
import { Subscription } from "../subscription";
import type { PunchRow, Topic } from "../types";
import { chip } from "../ui/chip";
import { refused } from "../ui/notice";
import "../ui/person";
import type { Unmapped } from "../ui/person";
import "../ui/rollcall";
import { face, faced } from "../ui/face";
import { barChart } from "../ui/ha";
import { icon, mdi, methodIcon } from "../ui/icons";
import { addTerminal, follow } from "../ui/links";
import { WAYS } from "../ui/marks";
import { paged, shared } from "../ui/styles";

// Punches that the page shows; the rest is a filter away.
const SHOWN = 100;
// Milliseconds in which the counts may be behind the ticker.
const COUNT_AFTER = 1500;

@customElement("sid-live")
export class SidLive extends Page {
  protected readonly topics: readonly Topic[] = ["terminals", "marks", "people"];
  protected override readonly parts: readonly Topic[] = ["punches"];
  private today = new Loaded(this, "live/today");
  private feed = new Feed();
  private subscription?: Subscription<"live/subscribe">;
  @state() private known = false;
  @state() private said = "";
  @state() private mapping?: Unmapped;
  private fresh = new Set<string>();
  private beats = 0;
  private counting?: ReturnType<typeof setTimeout>;

  static override styles = [
    shared,
    paged,
    faced,
    css`
      .tiles {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(130px, 1fr));
        gap: 12px;
      }
      .tile {
        display: grid;
        gap: 2px;
        align-content: start;
        text-align: start;
        border-radius: var(--sid-radius);
        color: inherit;
        text-decoration: none;
      }
      .tile b {
        font-size: 28px;
        font-weight: 400;
        line-height: 1.2;
      }
      @media (max-width: 480px) {
        .tiles > :last-child:nth-child(odd) {
          grid-column: 1 / -1;
        }
      }
      button.tile {
        justify-items: start;
        justify-content: stretch;
        font-weight: 400;
      }
      button.tile .row svg.mdi {
        width: 18px;
        height: 18px;
      }
      button.notice {
        border: 0;
        border-radius: 8px;
        width: 100%;
        align-items: center;
      }
      .tile.bad b {
        color: color-mix(in srgb, var(--sid-red) 75%, var(--sid-text));
      }
      ul {
        margin-top: 8px;
      }
      li {
        display: grid;
        grid-template-columns: 40px minmax(0, 1fr) auto;
        gap: 12px;
        align-items: center;
        padding: 8px 0;
        border-top: 1px solid color-mix(in srgb, var(--sid-line) 60%, transparent);
      }
      li.fresh {
        --fresh: color-mix(in srgb, var(--sid-blue) 25%, transparent);
        animation: arrive 2s ease-out;
      }
      /* The same line may be fresh twice in turn: another name, or it would not begin anew. */
      li.odd {
        animation-name: again;
      }
      @keyframes arrive {
        from {
          background: var(--fresh);
        }
      }
      @keyframes again {
        from {
          background: var(--fresh);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        li.fresh {
          animation: none;
        }
      }
      button.who-is {
        border: 0;
        min-height: 28px;
      }
      .how {
        gap: 4px;
      }
      .how svg.mdi {
        width: 16px;
        height: 16px;
      }
      .who {
        font-weight: 500;
      }
      .when {
        text-align: end;
      }
      .when time {
        font-size: 16px;
      }
      .plain-chart {
        display: flex;
        align-items: flex-end;
        gap: 2px;
        height: 150px;
      }
      .column {
        flex: 1;
        height: 100%;
        display: flex;
        flex-direction: column;
        justify-content: flex-end;
        min-width: 0;
      }
      .column div {
        background: var(--sid-blue);
        border-radius: 3px 3px 0 0;
      }
      .column small {
        height: 18px;
        color: var(--sid-dim);
        white-space: nowrap;
        overflow: visible;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.ctx) this.listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unlisten();
    clearTimeout(this.counting);
    this.counting = undefined;
  }

  protected ask(): void {
    this.listen();
    void this.today.ask({});
  }

  private unlisten(): void {
    this.subscription?.stop();
    this.subscription = undefined;
  }

  private listen(): void {
    if (this.subscription) return;
    this.subscription = new Subscription(this.ctx.hass().connection, "live/subscribe", (event) => {
      const fresh = this.feed.take(event);
      // A photo that follows is no news: what is fresh stays so.
      if (event.reset || fresh.length) {
        this.beats += 1;
        this.fresh = new Set(event.reset ? [] : fresh.map(keyOf));
      }
      const last = fresh[0];
      // One sentence at a time, for who cannot see the list; not the fifty of the beginning.
      if (!event.reset && last) this.said = `${this.nameOf(last)}, ${this.wayOf(last)}, ${last.device_name ?? last.device}`;
      this.known = true;
      this.requestUpdate();
      if (!event.reset) this.countSoon();
    });
    this.subscription.start();
  }

  private countSoon(): void {
    this.counting ??= setTimeout(() => {
      this.counting = undefined;
      void this.today.ask({});
    }, COUNT_AFTER);
  }

  private nameOf(punch: PunchRow): string {
    return punch.person ?? punch.user_name ?? this.ctx.t("live.user", { id: punch.user_id });
  }

  private wayOf(punch: PunchRow): string {
    return this.ctx.texts.word("directions", punch.direction);
  }

  override render() {
    const { t, f } = this.ctx;
    const today = this.today.value;
    if (today && !today.terminals) return this.nothingYet();
    // Who comes when says more than each press; but before there are people nobody comes.
    const name = t(today?.people ? "live.arrivals" : "live.over_the_day");
    const bars = (today?.people ? today.arrivals : today?.hours) ?? [];
    const offline = today ? today.terminals - today.online : 0;
    return html`
      <div class="tiles">
        ${today?.people
          ? html`${["present", "late", "absent"].map((status) => this.tile(t(`statuses.${status}`), today.statuses[status] ?? 0, addressOf("attendance", undefined, { only: status })))}
              <button class="card tile" @click=${() => this.show("rollcall")}>
                <span class="dim">${t("live.on_site")}</span>
                <b class="num">${f.number(today.on_site)}</b>
                <span class="row dim">${icon(mdi.drill)}${t("rollcall.title")}</span>
              </button>`
          : html`${this.tile(t("live.punches_today"), today?.punches)} ${this.tile(t("live.people_today"), today?.users)}`}
        ${this.tile(
          t("live.terminals_online"),
          today && t("live.of", { part: today.online, all: today.terminals }),
          addressOf("terminals", undefined, offline ? { only: "troubled" } : {}),
          offline > 0,
        )}
      </div>
      ${today && !today.people
        ? this.next(mdi.people, t("attendance.empty"), t("attendance.to_people"))
        : today?.unmapped
          ? this.next(mdi.nobody, t("live.unmapped", { count: today.unmapped }), t("people.who"), "nobody")
          : nothing}
      ${this.ctx.place.item
        ? html`<sid-rollcall .ctx=${this.ctx} @closed=${() => this.show()}></sid-rollcall>`
        : nothing}
      ${this.mapping
        ? html`<sid-person
            .ctx=${this.ctx}
            .map=${this.mapping}
            @closed=${() => {
              this.mapping = undefined;
              // The punches that are shown are told anew, with who made them.
              this.unlisten();
              this.listen();
            }}
          ></sid-person>`
        : nothing}
      ${refused(this.ctx.texts, this.today.error)}
      <section class="card" aria-labelledby="day">
        <h2 id="day">${name}</h2>
        ${today?.punches
          ? barChart(bars, bars.map((_, hour) => f.hour(hour)), name, f.rtl)
          : html`<p class="dim">${today ? t("live.nothing_today") : ""}</p>`}
      </section>
      ${this.ticker()}
    `;
  }

  /** What is to be done next, among the people. */
  private next(sign: mdi, text: string, button: string, view = "") {
    return html`<button class="notice ${view && "warn"}" @click=${() => go(addressOf("people", undefined, { view }))}>
      ${icon(sign)}<span class="grow" style="text-align:start">${text}</span>
      <span>${button}</span>
    </button>`;
  }

  private tile(name: string, value: number | string | undefined, address = "", bad = false) {
    const text = typeof value === "number" ? this.ctx.f.number(value) : (value ?? "–");
    const inside = html`<span class="dim">${name}</span><b class="num">${text}</b>`;
    if (!address) return html`<div class="card tile">${inside}</div>`;
    return html`<a
      class="card tile ${bad ? "bad" : ""}"
      href=${address}
      @click=${follow}
      >${inside}</a
    >`;
  }

  private nothingYet() {
    const { t } = this.ctx;
    return html`<div class="card empty">
      ${icon(mdi.finger)}
      <h2>${t("live.empty_title")}</h2>
      <p>${t("live.empty")}</p>
      ${addTerminal(this.ctx)}
    </div>`;
  }

  private ticker() {
    const { t } = this.ctx;
    const { feed } = this;
    return html`<section class="card" aria-labelledby="ticker">
      <div class="row">
        <h2 id="ticker" class="grow">${t("live.title")}</h2>
        <button
          aria-pressed=${feed.paused}
          @click=${() => {
            if (feed.paused) feed.resume();
            else feed.pause();
            this.requestUpdate();
          }}
        >
          ${icon(feed.paused ? mdi.play : mdi.pause)}
          ${feed.paused
            ? feed.held
              ? t("live.resume_held", { count: feed.held })
              : t("live.resume")
            : t("live.pause")}
        </button>
      </div>
      <div class="visually-hidden" aria-live="polite">${this.said}</div>
      ${this.known && !feed.punches.length
        ? html`<div class="empty">${icon(mdi.finger)}<p>${t("live.no_punches")}</p></div>`
        : nothing}
      <ul>
        ${feed.punches.slice(0, SHOWN).map((punch) => this.line(punch))}
      </ul>
    </section>`;
  }

  private line(punch: PunchRow) {
    const { t, f, texts } = this.ctx;
    const way = WAYS[punch.direction];
    const method = texts.word("methods", punch.method);
    const known = this.today.value?.people;
    return html`<li class=${this.fresh.has(keyOf(punch)) ? `fresh ${this.beats % 2 ? "odd" : ""}` : ""}>
      ${face(punch, this.nameOf(punch))}
      <span class="grow">
        <span class="who">${this.nameOf(punch)}</span>
        ${known && !punch.person_id && punch.device_id
          ? html`<button
              class="chip warn who-is"
              @click=${() => {
                this.mapping = { ...punch, terminal: punch.device_name ?? punch.device, name: punch.user_name ?? "" };
              }}
            >${t("live.nobody")}</button>`
          : nothing}
        ${punch.live === false ? html` ${chip(t("live.late_news"))}` : nothing}
        <span class="dim row how">
          <span title=${method}>${methodIcon(punch.method)}<span class="visually-hidden">${method}</span></span>
          <span class="clip">${punch.device_name ?? punch.device}</span>
        </span>
      </span>
      <span class="when">
        <time class="num nowrap" datetime=${punch.time}>${f.moment(punch.time)}</time><br />
        ${chip(this.wayOf(punch), way)}
      </span>
    </li>`;
  }
}
