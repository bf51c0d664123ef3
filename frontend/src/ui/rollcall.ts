/** Who is in the building: to read out, to print, and in a drill who has not come out yet. */

import { css, html, nothing, render, type PropertyValues } from "lit";
import { customElement, state } from "lit/decorators.js";

import { call } from "../api";
import { Loaded, Part } from "../context";
import type { Drill, Present, RollCall } from "../types";
import { chip } from "./chip";
import "./confirm";
import { leaving } from "./dialog";
import { notify } from "./ha";
import { icon, mdi } from "./icons";
import { refused } from "./notice";
import { lastPage, pager } from "./pager";
import { shared } from "./styles";

// People that are shown, and asked for, at once.
const LIMIT = 200;
// Milliseconds between two calls at the least: of thousands, one takes a second.
const AGAIN = 3000;
const SOON = 1000;

// A heading of its own on each sheet, and no line of a table on two.
const PAPER = "body{font:14px sans-serif}h1{font-size:20px}h2{font-size:16px}table{border-collapse:collapse;width:100%}tr{break-inside:avoid}td,th{border:1px solid #999;padding:6px;text-align:start}";

const placeOf = (one: Present): string => [one.area, one.device].filter(Boolean).join(" · ");

// Who is out was seen by the drill's punch, whatever was their last one before.
const seenOf = (one: Present): string | null => one.accounted_at ?? one.last_seen;

@customElement("sid-rollcall")
export class SidRollCall extends Part {
  private call = new Loaded(this, "rollcall");
  private asked = "";
  private during?: string;
  @state() private ending = false;
  private askedAt = -AGAIN;
  private timer?: ReturnType<typeof setTimeout>;
  @state() private from = 0;

  static override styles = [
    shared,
    css`
      button.drill {
        min-height: 64px;
        font-size: 18px;
        width: 100%;
      }
      .big {
        font-size: 40px;
        line-height: 1.1;
      }
      iframe {
        width: 100%;
        height: 60vh;
        border: 1px solid var(--sid-line);
        background: #fff;
      }
      iframe.hidden {
        position: absolute;
        width: 0;
        height: 0;
        border: 0;
      }
    `,
  ];

  protected override willUpdate(_: PropertyValues): void {
    const { value, busy } = this.call;
    if (value && !busy && this.from && this.from >= value.count) this.turn(lastPage(value.count, LIMIT));
    const { changed, drill } = this.ctx;
    if (this.during !== drill?.started) {
      // At once, and from the beginning.
      this.stop();
      this.from = 0;
      this.ending = false;
      this.during = drill?.started;
    }
    const now = `${changed.marks} ${changed.punches}`;
    if (now === this.asked) return;
    this.asked = now;
    this.timer ??= setTimeout(
      () => {
        this.timer = undefined;
        this.askedAt = performance.now();
        void this.call.ask({ offset: this.from, limit: LIMIT });
      },
      Math.max(0, this.askedAt + ((value?.count ?? 0) > 1000 ? AGAIN : SOON) - performance.now()),
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.asked = "";
    this.askedAt = -AGAIN;
  }

  /** When the drill began, and whose punches tell that somebody is out. */
  private told({ assembly }: Drill, time: string): string {
    const { t } = this.ctx;
    return assembly.length ? t("rollcall.since_at", { time, terminals: assembly.join(", ") }) : t("rollcall.since", { time });
  }

  /** Shows other people of the same call. */
  private turn = (from: number): void => {
    this.from = from;
    void this.call.ask({ call: this.call.value?.call ?? "", offset: from, limit: LIMIT });
  };

  override render() {
    const { t, f, texts, drill } = this.ctx;
    const call = this.call.value;
    return html`<sid-dialog .heading=${t("rollcall.title")}>
      <div class="stack">
        ${refused(texts, this.call.error)}
        ${drill
          ? html`<div role="status">
                <p class="dim">${this.told(drill, f.moment(drill.started))}</p>
                <p class="big num">${call?.drill_started ? t("rollcall.missing", { count: call.missing, all: call.count }) : "–"}</p>
              </div>
              <button @click=${() => (this.ending = true)}>${t("rollcall.end")}</button>`
          : html`<p class="big num">${call ? f.number(call.count) : "–"} <span class="dim" style="font-size:16px">${t("rollcall.inside")}</span></p>
              ${call?.points.length
                ? html`<fieldset>
                    <legend>${t("rollcall.assembly")}</legend>
                    ${call.points.map(
                      ({ serial, name }) => html`<label class="row">
                        <input type="checkbox" checked value=${serial} /> ${name}
                      </label>`,
                    )}
                    <small class="help">${t("rollcall.assembly_help")}</small>
                  </fieldset>`
                : nothing}
              <button class="danger drill" ?disabled=${!call && !this.call.error} @click=${() => this.begin()}>${icon(mdi.drill)}${t("rollcall.drill")}</button>
              <small class="help">${t("rollcall.drill_about")}</small>`}
        ${call?.unknown ? html`<div class="notice warn">${icon(mdi.nobody)}<span>${this.strangers(call)}</span></div>` : nothing}
        ${call
          ? html`<ul class="lines">
                ${call.people.filter((one) => !one.not_checked_out).map((one) => this.line(one))}
              </ul>
              ${call.people.some((one) => one.not_checked_out)
                ? html`<section>
                    <h3>${t("rollcall.left_out", { count: call.not_checked_out })}</h3>
                    <p class="dim">${t("rollcall.left_out_help")}</p>
                    <ul class="lines">
                      ${call.people.filter((one) => one.not_checked_out).map((one) => this.line(one))}
                    </ul>
                  </section>`
                : nothing}`
          : nothing}
        ${call ? pager(this.ctx, this.from, LIMIT, call.count, this.turn) : nothing}
        ${call && !call.count ? html`<p class="dim">${t("rollcall.nobody")}</p>` : nothing}
      </div>
      <div id="paper"></div>
      <div slot="footer">
        <button ?disabled=${!call} @click=${this.print}>${icon(mdi.print)}${t("rollcall.print")}</button>
        ${leaving(this, "common.close")}
      </div>
    </sid-dialog>
    ${this.ending
      ? html`<sid-confirm
          .ctx=${this.ctx}
          .heading=${t("rollcall.end")}
          .text=${t("rollcall.end_about")}
          .button=${t("rollcall.end")}
          .word=${t("rollcall.word")}
          @closed=${(event: Event) => {
            event.stopPropagation();
            this.ending = false;
          }}
          @confirmed=${() => this.said("drill/end", {})}
          ><button type="button" @click=${this.print}>${icon(mdi.print)}${t("rollcall.print")}</button></sid-confirm
        >`
      : nothing}`;
  }

  /** How many there are whom nobody knows, and the first of them. */
  private strangers({ unknown, strangers }: RollCall): string {
    return [this.ctx.t("rollcall.unknown", { count: unknown }), ...strangers].join(" · ");
  }

  private line(one: Present) {
    const { t, f } = this.ctx;
    const seen = seenOf(one);
    return html`<li>
      <span class="grow">
        <strong>${one.person}</strong>
        <span class="dim" style="display:block">${placeOf(one)}</span>
      </span>
      ${one.presence === "on_break" ? chip(t("rollcall.on_break"), "warn") : nothing}
      ${one.accounted === null
        ? nothing
        : chip(t(one.accounted ? "rollcall.out" : "rollcall.not_out"), one.accounted ? "ok" : "bad")}
      <span class="num dim">${seen ? f.moment(seen) : ""}</span>
    </li>`;
  }

  private begin(): void {
    const assembly = [...this.renderRoot.querySelectorAll<HTMLInputElement>("input:checked")].map(({ value }) => value);
    void this.said("drill/begin", { assembly });
  }

  /** Whoever listens hears what comes of it, this one too. */
  private async said(command: "drill/begin" | "drill/end", args: { assembly?: string[] }): Promise<void> {
    this.ending = false;
    try {
      await call(this.ctx.hass(), command, args);
    } catch (error) {
      notify(this, this.ctx.texts.error(error));
    }
  }

  /** A page of its own with nothing else on it: paper needs no network. */
  private print = async (): Promise<void> => {
    const { t, f, texts, drill } = this.ctx;
    const shown = this.call.value;
    if (!shown) return;
    const everybody: Present[] = [];
    try {
      let name = shown.call;
      let count = shown.count;
      while (everybody.length < count) {
        const page = await call(this.ctx.hass(), "rollcall", { call: name, offset: everybody.length, limit: LIMIT });
        // The call is kept no more: another one was made, which begins with others.
        if (page.call !== name) everybody.length = 0;
        else everybody.push(...page.people);
        ({ call: name, count } = page);
      }
    } catch (error) {
      notify(this, texts.error(error));
      return;
    }
    const frame = document.createElement("iframe");
    frame.title = t("rollcall.title");
    frame.className = "hidden";
    this.renderRoot.querySelector("#paper")?.replaceChildren(frame);
    const page = frame.contentDocument;
    const view = frame.contentWindow;
    if (!page || !view) return;
    page.documentElement.dir = this.closest("[dir]")?.getAttribute("dir") ?? "ltr";
    const left = everybody.filter((one) => one.not_checked_out);
    const table = (people: Present[]) =>
      people.length
        ? html`<table>
            <thead>
              <tr>
                ${["people.name", "rollcall.where", "rollcall.seen", "rollcall.found"].map((key) => html`<th>${t(key)}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${people.map(
                (one) => html`<tr>
                  <td>${one.person}</td>
                  <td>${placeOf(one)}</td>
                  <td>${seenOf(one) ? f.full(seenOf(one)!) : ""}</td>
                  <td>${one.accounted ? "☑" : "☐"}</td>
                </tr>`,
              )}
            </tbody>
          </table>`
        : nothing;
    render(
      html`<style>
          ${PAPER}
        </style>
        <h1>${t("rollcall.title")} · ${f.full(shown.time)}</h1>
        <p>
          ${drill && shown.drill_started
            ? `${this.told(drill, f.full(drill.started))} ${t("rollcall.missing", { count: shown.missing, all: shown.count })}`
            : `${f.number(shown.count)} ${t("rollcall.inside")}`}
        </p>
        ${table(everybody.filter((one) => !one.not_checked_out))}
        ${left.length ? html`<h2>${t("rollcall.left_out", { count: left.length })}</h2>` : nothing} ${table(left)}
        ${shown.unknown ? html`<p>${this.strangers(shown)}</p>` : nothing}`,
      page.body,
    );
    let isPrinted = false;
    view.onbeforeprint = () => (isPrinted = true);
    view.onafterprint = () => frame.remove();
    view.print?.();
    // Apps have no printer: then there is the page to look at, and to take a picture of.
    if (isPrinted) return;
    frame.className = "";
    frame.scrollIntoView();
  };
}
