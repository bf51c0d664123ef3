/** Who is in the building: to read out, to print, and in a drill who has not come out yet. */

import { LitElement, css, html, nothing, type PropertyValues } from "lit";
import { customElement, property } from "lit/decorators.js";

import { Loaded, type Context } from "../context";
import type { Present } from "../types";
import { shut } from "./dialog";
import { icon, mdi } from "./icons";
import { shared } from "./styles";

// When the drill began, which outlives the dialog and the page.
const DRILL = "syncid-drill";

@customElement("sid-rollcall")
export class SidRollCall extends LitElement {
  @property({ attribute: false }) ctx!: Context;
  private call = new Loaded(this, "rollcall");
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
        gap: 12px;
        align-items: center;
        padding: 8px 0;
        border-top: 1px solid var(--sid-line);
      }
      button.drill {
        min-height: 64px;
        font-size: 18px;
        width: 100%;
      }
      .big {
        font-size: 40px;
        line-height: 1.1;
      }
    `,
  ];

  protected override willUpdate(_: PropertyValues): void {
    const now = `${this.ctx.changed.marks} ${this.ctx.changed.punches} ${sessionStorage.getItem(DRILL)}`;
    if (now === this.asked) return;
    this.asked = now;
    const started = sessionStorage.getItem(DRILL);
    void this.call.ask(this.ctx.hass(), started ? { drill_started: started } : {});
  }

  override render() {
    const { t, f, texts } = this.ctx;
    const call = this.call.value;
    const drill = sessionStorage.getItem(DRILL);
    const missing = (call?.people ?? []).filter((one) => one.accounted === false);
    return html`<sid-dialog .heading=${t("rollcall.title")} .closeLabel=${t("common.close")}>
      <div class="stack">
        ${this.call.error ? html`<div class="notice bad">${icon(mdi.error)}<span>${texts.error(this.call.error)}</span></div>` : nothing}
        ${drill
          ? html`<div role="status">
                <p class="dim">${t("rollcall.since", { time: f.time(drill) })}</p>
                <p class="big num">${call ? t("rollcall.missing", { count: f.number(missing.length), all: f.number(call.people.length) }) : "–"}</p>
              </div>
              <button @click=${() => this.drill(false)}>${t("rollcall.end")}</button>`
          : html`<p class="big num">${call ? f.number(call.people.length) : "–"} <span class="dim" style="font-size:16px">${t("rollcall.inside")}</span></p>
              <button class="danger drill" @click=${() => this.drill(true)}>${icon(mdi.drill)}${t("rollcall.drill")}</button>`}
        ${call?.unknown ? html`<div class="notice warn">${icon(mdi.nobody)}<span>${t("rollcall.unknown", { count: f.number(call.unknown) })}</span></div>` : nothing}
        <ul>
          ${[...missing, ...(call?.people ?? []).filter((one) => one.accounted !== false)].map((one) => this.line(one))}
        </ul>
        ${call && !call.people.length ? html`<p class="dim">${t("rollcall.nobody")}</p>` : nothing}
      </div>
      <div slot="footer" class="row wrap" style="justify-content:flex-end">
        <button ?disabled=${!call} @click=${this.print}>${icon(mdi.print)}${t("rollcall.print")}</button>
        <button @click=${() => shut(this)}>${t("common.close")}</button>
      </div>
    </sid-dialog>`;
  }

  private line(one: Present) {
    const { t, f } = this.ctx;
    return html`<li>
      <span class="grow">
        <strong>${one.person}</strong>
        <span class="dim" style="display:block">${[one.area, one.device].filter(Boolean).join(" · ")}</span>
      </span>
      ${one.presence === "on_break" ? html`<span class="chip warn">${t("rollcall.on_break")}</span>` : nothing}
      ${one.accounted === null
        ? nothing
        : html`<span class="chip ${one.accounted ? "ok" : "bad"}">${t(one.accounted ? "rollcall.out" : "rollcall.not_out")}</span>`}
      <span class="num dim">${one.last_seen ? f.time(one.last_seen) : ""}</span>
    </li>`;
  }

  private drill(on: boolean): void {
    if (on) sessionStorage.setItem(DRILL, new Date().toISOString());
    else sessionStorage.removeItem(DRILL);
    this.requestUpdate();
  }

  /** A page of its own with nothing else on it: paper needs no network. */
  private print = (): void => {
    const { t, f } = this.ctx;
    const call = this.call.value;
    const frame = document.createElement("iframe");
    frame.style.cssText = "position:fixed;inset:auto;width:0;height:0;border:0";
    document.body.append(frame);
    const page = frame.contentDocument;
    const view = frame.contentWindow;
    if (!page || !view || !call) return;
    page.documentElement.dir = this.closest("[dir]")?.getAttribute("dir") ?? "ltr";
    const add = (tag: string, text: string, to: Element): HTMLElement => {
      const made = page.createElement(tag);
      made.textContent = text;
      to.append(made);
      return made;
    };
    add("style", "body{font:14px sans-serif}table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:6px;text-align:start}", page.head);
    add("h1", `${t("rollcall.title")} · ${f.moment(call.time)}`, page.body);
    const table = add("table", "", page.body);
    for (const one of call.people) {
      const row = add("tr", "", table);
      for (const cell of [one.person, one.area ?? "", one.device ?? "", one.last_seen ? f.time(one.last_seen) : "", "☐"]) add("td", cell, row);
    }
    view.print();
    setTimeout(() => frame.remove(), 1000);
  };
}
