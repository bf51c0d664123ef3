/** One terminal: how it is, and all that can be done there. */

import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { Loaded, Page } from "../context";
import { addressOf, go } from "../router";
import type { TerminalRow, Topic } from "../types";
import { ASK_FIRST, AT_ONCE, IN_WORDS, actionIcon } from "../ui/actions";
import { WAYS } from "../ui/enrol";
import { barred, barsOf, healthOf } from "../ui/health";
import { icon, mdi, methodIcon } from "../ui/icons";
import { follow } from "../ui/links";
import { failed, waiting } from "../ui/notice";
import { paged, shared } from "../ui/styles";

import "../ui/clock";
import "../ui/confirm";
import "../ui/copy";
import "../ui/restore";

type Dialog = { kind: "confirm" | "words" | "copy" | "enrol" | "restore"; action: string } | { kind: "clock" };
// What has a dialog of its own.
const OWN_DIALOG: Record<string, "copy" | "enrol" | "restore"> = {
  transfer_templates: "copy",
  enroll_fingerprint: "enrol",
  enroll_face: "enrol",
  set_face: "enrol",
  restore_users: "restore",
};
const OFFERED = [
  ...AT_ONCE.slice(0, 2),
  ...ASK_FIRST,
  ...WAYS,
  "transfer_templates",
  "backup_users",
  "restore_users",
  ...IN_WORDS,
];

@customElement("sid-terminal")
export class SidTerminal extends Page {
  protected readonly topics: readonly Topic[] = ["terminals", "punches"];
  private found = new Loaded(this, "terminals/list");
  private punches = new Loaded(this, "punches/list");
  @state() private dialog?: Dialog;

  static override styles = [
    shared,
    paged,
    barred,
    css`
      .two {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr));
        gap: 16px;
        align-items: start;
      }
      button.action {
        width: 100%;
        border: 0;
        border-radius: 12px;
        justify-content: start;
        text-align: start;
        gap: 16px;
        padding: 8px;
        font-weight: 400;
        min-height: 56px;
      }
      button.action svg.mdi {
        width: 24px;
        height: 24px;
        color: color-mix(in srgb, var(--sid-blue) 70%, var(--sid-text));
      }
      button.action.danger-text svg.mdi {
        color: var(--sid-red);
      }
      button.action:hover:not(:disabled) {
        background: color-mix(in srgb, var(--sid-text) 7%, transparent);
        color: inherit;
      }
      button.action b {
        font-weight: 500;
        display: block;
      }
      li.punch {
        display: flex;
        gap: 12px;
        align-items: center;
        padding: 6px 0;
        border-top: 1px solid color-mix(in srgb, var(--sid-line) 60%, transparent);
      }
    `,
  ];

  protected ask(): void {
    const serial = this.ctx.place.item;
    if (!serial) return;
    void this.found.ask({ serial, limit: 1 });
    void this.punches.ask({ serials: [serial], limit: 15 });
  }

  override render() {
    const { t, place } = this.ctx;
    const page = this.found.value;
    const row = page?.terminals.find((one) => one.serial === place.item);
    const back = html`<div class="row">
      <button class="icon flip" aria-label=${t("terminals.back")} @click=${() => go(addressOf("terminals"))}>
        ${icon(mdi.back)}
      </button>
      <h2 class="grow clip" style="font-size:20px">${row?.name ?? ""}</h2>
      ${row ? healthOf(this.ctx, row) : nothing}
    </div>`;
    if (!row)
      return html`${back}${page && !this.found.busy
        ? html`<div class="card empty">${icon(mdi.terminals)}<p>${t("terminals.gone")}</p></div>`
        : waiting}`;
    return html`${back}
      ${failed(row.problem ? this.ctx.texts.problem(row.problem) : "")}
      <div class="two">
        ${this.actions(row)}
        <div class="stack">${this.health(row)} ${this.lastPunches()}</div>
      </div>
      ${this.open(row)}`;
  }

  private health(row: TerminalRow) {
    const { t, f } = this.ctx;
    const fact = (name: string, value: unknown) =>
      value === null || value === undefined
        ? nothing
        : html`<dt>${t(`terminals.${name}`)}</dt>
            <dd class="num">${value}</dd>`;
    const drift = row.clock_drift;
    return html`<section class="card stack" aria-labelledby="health">
      <h2 id="health">${t("terminals.health")}</h2>
      ${barsOf(this.ctx, row.bars)}
      <dl class="facts">
        ${fact("last_punch", row.last_punch ? f.moment(row.last_punch) : t("common.never"))}
        ${fact("last_seen", row.last_seen && f.moment(row.last_seen))}
        ${fact("last_delivery", row.last_delivery && f.moment(row.last_delivery))}
        ${fact("clock", drift === null ? null : Math.abs(drift) < 2 ? t("terminals.clock_right") : f.seconds(drift))}
        ${fact("waiting", row.waiting === null ? null : f.number(row.waiting))} ${fact("mode", t(`terminals.modes.${row.mode}`))}
        ${fact("model", row.model)} ${fact("firmware", row.firmware)} ${fact("address", row.address)}
        ${fact("serial", row.serial)}
      </dl>
      ${row.device_id
        ? html`<a class="button" href="/config/devices/device/${row.device_id}" @click=${follow}>${t("terminals.device_page")}</a>`
        : nothing}
    </section>`;
  }

  private lastPunches() {
    const { t, f, texts } = this.ctx;
    const punches = this.punches.value?.punches ?? [];
    return html`<section class="card" aria-labelledby="punches">
      <h2 id="punches">${t("terminals.last_punches")}</h2>
      ${this.punches.value && !punches.length ? html`<p class="dim">${t("live.no_punches")}</p>` : nothing}
      <ul>
        ${punches.map(
          (punch) => html`<li class="punch">
            <span title=${texts.word("methods", punch.method)}>${methodIcon(punch.method)}</span>
            <span class="grow clip">${punch.person ?? punch.user_name ?? t("live.user", { id: punch.user_id })}</span>
            <span class="dim">${texts.word("directions", punch.direction)}</span>
            <time class="num nowrap" datetime=${punch.time}>${f.moment(punch.time)}</time>
          </li>`,
        )}
      </ul>
    </section>`;
  }

  private actions(row: TerminalRow) {
    const { t } = this.ctx;
    const offered = OFFERED.filter((action) => row.actions.includes(action));
    return html`<section class="card stack tight" aria-labelledby="actions">
      <h2 id="actions">${t("terminals.actions")}</h2>
      ${offered.length
        ? offered.map((action) => {
            const running = this.ctx.jobs.find(
              (job) => job.state === "running" && job.action === action && job.targets.includes(row.serial),
            );
            const words = (IN_WORDS as readonly string[]).includes(action);
            return html`<button
              class="action ${words ? "danger-text" : ""}"
              ?disabled=${row.online === false && !running}
              @click=${() => (running ? this.ctx.showJob(running.id) : this.choose(row, action))}
            >
              ${actionIcon(action)}
              <span class="grow"><b>${t(`actions.${action}.name`)}</b><span class="dim">${running ? t("jobs.states.running") : t(`actions.${action}.about`)}</span></span>
            </button>`;
          })
        : html`<p class="dim">${t(row.state === "inactive" ? "terminals.no_actions_inactive" : "terminals.no_actions")}</p>`}
      ${row.device_id
        ? html`<button class="action" @click=${() => (this.dialog = { kind: "clock" })}>
            ${icon(mdi.drift)}<span class="grow"><b>${t("clock.title")}</b><span class="dim">${t("clock.short")}</span></span>
          </button>`
        : nothing}
    </section>`;
  }

  private choose(row: TerminalRow, action: string): void {
    const own = OWN_DIALOG[action];
    if (own) this.dialog = { kind: own, action };
    else if ((AT_ONCE as readonly string[]).includes(action)) void this.ctx.begin(action, { device_id: row.device_id });
    else this.dialog = { kind: (IN_WORDS as readonly string[]).includes(action) ? "words" : "confirm", action };
  }

  private open(row: TerminalRow) {
    const { dialog } = this;
    if (!dialog) return nothing;
    const { t } = this.ctx;
    if (dialog.kind === "confirm" || dialog.kind === "words")
      return html`<sid-confirm
        .ctx=${this.ctx}
        .heading=${t(`actions.${dialog.action}.name`)}
        .text=${t(`confirm.${dialog.action}`, { name: row.name })}
        .button=${t(`actions.${dialog.action}.name`)}
        .word=${dialog.kind === "words" ? row.name : ""}
        @closed=${this.shut}
        @confirmed=${() => {
          this.shut();
          void this.ctx.begin(dialog.action, { device_id: row.device_id });
        }}
      ></sid-confirm>`;
    if (dialog.kind === "clock")
      return html`<sid-clock .ctx=${this.ctx} .terminal=${row} @closed=${this.shut}></sid-clock>`;
    if (dialog.kind === "copy") return html`<sid-copy .ctx=${this.ctx} .source=${row} @closed=${this.shut}></sid-copy>`;
    if (dialog.kind === "enrol")
      return html`<sid-enrol .ctx=${this.ctx} .terminal=${row} .way=${dialog.action} @closed=${this.shut}></sid-enrol>`;
    return html`<sid-restore .ctx=${this.ctx} .terminal=${row} @closed=${this.shut}></sid-restore>`;
  }

  private shut = (): void => {
    this.dialog = undefined;
  };
}
