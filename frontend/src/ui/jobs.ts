/** What was begun at terminals: all of it, or one thing with what came of it. */

import { css, html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { call } from "../api";
import { Loaded, Part } from "../context";
import type { Job, JobDetail, Progress } from "../types";
import { actionIcon } from "./actions";
import { chip } from "./chip";
import { leaving, shut } from "./dialog";
import { notify } from "./ha";
import { icon, mdi } from "./icons";
import { failed, refused, waiting } from "./notice";
import { outcomeOf, reportOf } from "./report";
import { shared } from "./styles";

/** Actions whose plan can be done as it is; those with a passphrase have to be begun anew. */
const FROM_PLAN = ["transfer_templates", "sync_users"];
/** What the server lets be stopped, as the contract test says. */
const STOPPABLE = ["adopt_people", "automap", "enroll_face", "enroll_fingerprint"];
/** Whose secrets or files are gone once they have been tried. */
const ONCE = ["restore_users", "enroll_user", "set_face"];
/** What somebody has to do themselves, at the terminal. */
const WAITS: Record<string, string> = { enroll_fingerprint: "enrol.wait", enroll_face: "enrol.face_wait" };

@customElement("sid-jobs")
export class SidJobs extends Part {
  @property() job?: string;
  @state() private opened?: string;
  @state() private copied = false;
  private names = new Loaded(this, "terminals/list");
  private detail = new Loaded(this, "jobs/get");
  // Not kept with what was begun: whoever is erased would be named there.
  private who = new Loaded(this, "users/list");
  private asked = "";

  static override styles = [
    shared,
    css`
      button.line {
        width: 100%;
        border: 0;
        border-radius: 8px;
        justify-content: start;
        text-align: start;
        gap: 12px;
        padding: 8px 4px;
        font-weight: 400;
      }
      .presses {
        display: flex;
        gap: 16px;
        justify-content: center;
        padding: 16px 0;
      }
      .press {
        width: 72px;
        height: 72px;
        border-radius: 50%;
        display: grid;
        place-items: center;
        border: 3px solid var(--sid-line);
        color: var(--sid-dim);
      }
      .press.done {
        border-color: var(--sid-green);
        color: var(--sid-green);
      }
      .press.next {
        border-color: var(--sid-blue);
        color: var(--sid-blue);
      }
      .press svg.mdi {
        width: 40px;
        height: 40px;
      }
      progress {
        width: 100%;
        height: 8px;
        accent-color: var(--sid-blue);
      }
      .secret {
        font: 16px/1.6 monospace;
        overflow-wrap: anywhere;
        user-select: all;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("job")) this.opened = this.job;
    if (!this.names.value && !this.names.busy) void this.names.ask({ limit: 150 });
    const job = this.ctx.jobs.find((one) => one.id === this.opened);
    const now = this.opened ? `${this.opened} ${job?.state}` : "";
    if (now !== this.asked) {
      this.asked = now;
      if (this.opened) void this.detail.ask({ job: this.opened });
      if (job?.user_id) void this.who.ask({ user_id: job.user_id, limit: 1 });
    }
  }

  private where(job: Job): string {
    const known = this.names.value?.terminals ?? [];
    return job.targets
      .map((serial) => known.find((terminal) => terminal.serial === serial)?.name ?? serial)
      .join(", ");
  }

  private titleOf(job: Job): string {
    const { t } = this.ctx;
    const name = t(`actions.${job.action}.name`);
    return job.plan ? t("jobs.plan_of", { action: name }) : name;
  }

  override render() {
    const { t } = this.ctx;
    const detail = this.detail.value;
    const live = this.ctx.jobs.find((job) => job.id === this.opened);
    const job = live ?? (detail?.job.id === this.opened ? detail?.job : undefined);
    return html`<sid-dialog
      .heading=${this.opened ? (job ? this.titleOf(job) : t("jobs.title")) : t("jobs.title")}
    >
      ${this.opened ? this.one(job, detail?.job.id === this.opened ? detail : undefined) : this.all()}
      <div slot="footer">
        ${this.opened && job ? this.buttons(job, detail?.job.id === job.id ? detail : undefined) : leaving(this, "common.close")}
      </div>
    </sid-dialog>`;
  }

  private all() {
    const { t, f, jobs } = this.ctx;
    if (!jobs.length)
      return html`<div class="empty">${icon(mdi.running)}<p>${t("jobs.empty")}</p></div>`;
    return html`<ul>
      ${jobs.map(
        (job) => html`<li>
          <button
            class="line"
            @click=${() => {
              this.opened = job.id;
            }}
          >
            ${actionIcon(job.action)}
            <span class="grow">
              <span class="clip" style="display:block">${this.titleOf(job)}</span>
              <span class="dim clip" style="display:block">${this.where(job)} · ${
                job.state === "running" && job.progress?.of
                  ? html`<span class="num">${f.number(job.progress.done)} / ${f.number(job.progress.of)}</span>`
                  : f.moment(job.started)
              }</span>
            </span>
            ${this.stateOf(job)}
          </button>
        </li>`,
      )}
    </ul>`;
  }

  private stateOf(job: Job) {
    const kinds = { running: "info", done: "ok", failed: "bad", cancelled: "" };
    return chip(this.ctx.t(`jobs.states.${job.state}`), kinds[job.state]);
  }

  private one(job: Job | undefined, detail: JobDetail | undefined) {
    const { t, f, texts } = this.ctx;
    if (!job) {
      return this.detail.error
        ? refused(texts, this.detail.error)
        : waiting;
    }
    const user = this.who.value?.users.find((one) => one.user_id === job.user_id);
    return html`<div class="stack">
      <div class="row wrap">
        ${job.plan && job.state === "done" ? chip(t("jobs.only_plan"), "info") : this.stateOf(job)}
        <span class="grow dim">${this.where(job)}${job.user_id ? ` · ${user?.person || user?.name || t("live.user", { id: job.user_id })}` : ""}</span>
        <span class="dim num">${f.moment(job.started)}</span>
      </div>
      <div role="status" class="stack">
        ${job.action === "enroll_fingerprint" ? this.presses(job) : job.action === "enroll_face" ? this.look(job) : nothing}
        ${job.state === "running"
          ? html`${job.progress?.of ? this.going(job.progress) : waiting}
              <p class="dim">${t(WAITS[job.action] ?? "jobs.leave")}</p>`
          : nothing}
        ${job.problem
          ? failed(texts.problem(job.problem))
          : nothing}
        ${job.state !== "running" && detail?.result ? this.result(job, detail.result) : nothing}
        ${job.state === "done" && detail && !detail.result ? outcomeOf(this.ctx, job.action, {}) : nothing}
      </div>
    </div>`;
  }

  private going({ device, step, done, of, name }: Progress) {
    const { t } = this.ctx;
    const where = this.names.value?.terminals.find((one) => one.serial === device)?.name ?? device;
    return html`${where ? html`<strong>${where}</strong>` : nothing}
      <progress aria-label=${where || t("jobs.title")} max=${of} value=${done}></progress>
      <p class="num">${t(`jobs.going.${step}`, { done, of, name: name ?? "" })}</p>`;
  }

  private presses(job: Job) {
    const { t } = this.ctx;
    const presses = job.state === "done" ? 3 : (job.progress?.presses ?? 0);
    const steps = [1, 2, 3];
    return html`<div class="presses" role="img" aria-label=${t("enrol.presses", { count: presses })}>
      ${steps.map(
        (step) => html`<span
          class="press ${step <= presses ? "done" : step === presses + 1 && job.state === "running" ? "next" : ""}"
        >
          ${icon(step <= presses ? mdi.ok : mdi.finger)}
        </span>`,
      )}
    </div>
    <p style="text-align:center">
      ${job.state === "running" ? t(job.progress ? "enrol.press_again" : "enrol.press", { count: presses }) : nothing}
    </p>`;
  }

  private look({ state }: Job) {
    const kind = { running: "next", done: "done" }[state as string] ?? "";
    return html`<div class="presses"><span class="press ${kind}">${icon(mdi.face)}</span></div>`;
  }

  private result(job: Job, result: Record<string, unknown>) {
    const { t } = this.ctx;
    const secret = result.passphrase;
    return html`${outcomeOf(this.ctx, job.action, result)} ${reportOf(this.ctx, result, (serial) => this.names.value?.terminals.find((one) => one.serial === serial)?.name ?? serial)}
    ${typeof secret === "string"
      ? html`<div class="notice warn">
          <div class="grow stack tight">
            <strong>${t("backup.passphrase")}</strong>
            <span class="secret">${secret}</span>
            <span>${t("backup.passphrase_help")}</span>
            <div class="row wrap">
              <button @click=${() => this.copy(secret)}>
                ${icon(mdi.copy)}${this.copied ? t("common.copied") : t("common.copy")}
              </button>
              <button class="main" @click=${() => this.dismiss(job)}>${t("backup.noted")}</button>
            </div>
          </div>
        </div>`
      : nothing}`;
  }

  private buttons(job: Job, detail: JobDetail | undefined) {
    const { t } = this.ctx;
    const planned =
      job.plan && job.state === "done" && FROM_PLAN.includes(job.action) && detail && hasWork(detail.result);
    return html`
      ${job.state === "running" && STOPPABLE.includes(job.action)
        ? html`<button class="danger" @click=${() => this.cancel(job)}>
            ${t(WAITS[job.action] ? "enrol.cancel" : "jobs.stop")}
          </button>`
        : nothing}
      ${job.state === "failed" && !ONCE.includes(job.action)
        ? html`<button @click=${() => this.ctx.begin(job.action, {}, job.id)}>${t("jobs.again")}</button>`
        : nothing}
      <button @click=${this.close}>${job.state === "running" ? t("jobs.leave_button") : t("common.close")}</button>
      ${planned
        ? html`<button
            class="main"
            @click=${() => this.ctx.begin(job.action, { dry_run: false }, job.id)}
          >
            ${t("jobs.do_plan")}
          </button>`
        : nothing}
    `;
  }

  private async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.copied = true;
    } catch {
      // Not over plain HTTP; it can be selected.
    }
  }

  private dismiss(job: Job): void {
    this.close();
    void this.tell("jobs/dismiss", job);
  }

  private cancel(job: Job): void {
    void this.tell("jobs/cancel", job);
  }

  private async tell(what: "jobs/cancel" | "jobs/dismiss", job: Job): Promise<void> {
    try {
      await call(this.ctx.hass(), what, { job: job.id });
    } catch (error) {
      notify(this, this.ctx.texts.error(error));
    }
  }

  private close = (): void => shut(this);
}

/** Whether a plan says that anything would be done. */
function hasWork(result: JobDetail["result"]): boolean {
  const terminals = (result?.terminals ?? []) as { outcomes?: Record<string, number> }[];
  return terminals.some(({ outcomes = {} }) => outcomes.add || outcomes.change || outcomes.remove);
}
