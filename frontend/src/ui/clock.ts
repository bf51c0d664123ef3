/** Puts right what a terminal's clock told wrongly for a while: first as a plan, then in words. */

import { html } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { act } from "../api";
import { Part } from "../context";
import type { TerminalRow } from "../types";
import "./confirm";
import { leaving } from "./dialog";
import { notify } from "./ha";
import { markChip } from "./marks";
import { failed } from "./notice";

/** What would change, or has. */
type Effect = Record<"punches" | "people" | "days" | "changed", number> & { marks: { person: string; date: string; status: string }[] };

@customElement("sid-clock")
export class SidClock extends Part {
  @property({ attribute: false }) terminal!: TerminalRow;
  @state() private said = { start: "", really: "", end: "", why: "" };
  @state() private plan?: Effect;
  @state() private busy = false;
  @state() private error = "";

  override render() {
    const { t, f } = this.ctx;
    const { plan, said, seconds } = this;
    if (plan) {
      const { marks, ...counts } = plan;
      return html`<sid-confirm
        .ctx=${this.ctx}
        .heading=${t("clock.title")}
        .text=${t("clock.would", { ...counts, by: f.seconds(seconds), name: this.terminal.name })}
        .button=${t("clock.do")}
        .word=${this.terminal.name}
        @closed=${(event: Event) => {
          event.stopPropagation();
          this.plan = undefined;
        }}
        @confirmed=${() => this.ask(false)}
      >
        <ul class="lines">
          ${marks.map(
            (mark) => html`<li><span class="grow">${mark.person}</span><span class="dim">${f.date(mark.date)}</span>${markChip(this.ctx, mark.status, true)}</li>`,
          )}
        </ul>
      </sid-confirm>`;
    }
    const field = (key: keyof typeof said, name: string, help: string) => html`<label class="field">
      ${t(name)}
      <input
        type=${key === "why" ? "text" : "datetime-local"}
        step="1"
        .value=${said[key]}
        @input=${(event: Event) => {
          this.said = { ...said, [key]: (event.target as HTMLInputElement).value };
        }}
      />
      <small>${help}</small>
    </label>`;
    const ready = !Number.isNaN(seconds) && said.end >= said.start && said.why.trim() && !this.busy;
    return html`<sid-dialog .heading=${t("clock.title")}>
      <div class="stack">
        <p>${t("clock.about")}</p>
        ${field("start", "clock.start", "")}
        ${field("really", "clock.really", seconds ? t("clock.by", { by: f.seconds(seconds) }) : "")}
        ${field("end", "clock.end", "")} ${field("why", "attendance.reason", t("attendance.reason_help"))}
        ${failed(this.error, true)}
      </div>
      <div slot="footer">
        ${leaving(this)}
        <button class="main" ?disabled=${!ready} @click=${() => this.ask(true)}>${t("clock.plan")}</button>
      </div>
    </sid-dialog>`;
  }

  /** By how much the clock was wrong; no number while that is not said. */
  private get seconds(): number {
    // Both as a clock on the wall tells them, wherever that hangs.
    const moment = (time: string): number => Date.parse(`${time}Z`) / 1000;
    return moment(this.said.really) - moment(this.said.start);
  }

  private async ask(dry_run: boolean): Promise<void> {
    const { start, end, why } = this.said;
    const { device_id } = this.terminal;
    this.busy = true;
    this.error = "";
    try {
      const told = (await act(this.ctx.hass(), "correct_clock", { device_id, start, end, seconds: this.seconds, why, dry_run })) as Effect;
      this.plan = dry_run ? told : undefined;
      if (!dry_run) {
        const { punches, changed } = told;
        notify(this, this.ctx.t("clock.done", { punches, changed }));
        this.dispatchEvent(new CustomEvent("closed"));
      }
    } catch (error) {
      this.plan = undefined;
      this.error = this.ctx.texts.error(error);
    }
    this.busy = false;
  }
}
