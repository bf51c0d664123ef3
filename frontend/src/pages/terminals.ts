/** All terminals: which are well, and which somebody should look at. */

import { css, html, nothing } from "lit";
import { customElement } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import { Loaded, Page } from "../context";
import { addressOf, filtersOf, go } from "../router";
import type { GroupRow, TerminalRow, Topic } from "../types";
import { chip } from "../ui/chip";
import { barred, barsOf, healthOf } from "../ui/health";
import { actionIcon } from "../ui/actions";
import { icon, mdi } from "../ui/icons";
import { addTerminal, follow } from "../ui/links";
import { failed, refused } from "../ui/notice";
import { pager } from "../ui/pager";
import { searchField } from "../ui/search";
import { paged, shared } from "../ui/styles";

import "./terminal";

const FILTERS = ["all", "troubled", "online", "offline"] as const;
const SORTS = ["name", "state", "last_punch", "fill", "clock_drift"] as const;
// Whose greatest comes first.
const DESCENDING = ["last_punch", "fill", "clock_drift"];
const LIMIT = 24;

@customElement("sid-terminals")
export class SidTerminals extends Page {
  protected readonly topics: readonly Topic[] = ["terminals"];
  protected override readonly parts: readonly Topic[] = ["punches"];
  private list = new Loaded(this, "terminals/list");
  private groups = new Loaded(this, "groups/list");

  static override styles = [
    shared,
    paged,
    barred,
    css`
      .cards {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr));
        gap: 16px;
      }
      .terminal {
        display: grid;
        gap: 12px;
        align-content: start;
        grid-template-columns: minmax(0, 1fr);
      }
      .terminal h2 a {
        color: inherit;
        text-decoration: none;
      }
      .terminal h2 a:hover {
        text-decoration: underline;
      }
      select {
        min-width: 150px;
      }
      .quick {
        border-top: 1px solid var(--sid-line);
        padding-top: 8px;
        margin-bottom: -8px;
      }
    `,
  ];

  protected ask(): void {
    const { place } = this.ctx;
    if (place.item) return;
    const shown = filtersOf(place, SORTS);
    void this.askPage(this.list, {
      ...shown,
      only: FILTERS.find((one) => one === place.filters.get("only")) ?? "all",
      descending: DESCENDING.includes(shown.sort),
      limit: LIMIT,
    });
    void this.groups.ask({});
  }

  override render() {
    const { t, place } = this.ctx;
    if (place.item) return html`<sid-terminal .ctx=${this.ctx}></sid-terminal>`;
    const page = this.list.value;
    if (this.list.error)
      return refused(this.ctx.texts, this.list.error);
    if (page && !page.total) return this.nothingYet();
    const only = place.filters.get("only") || "all";
    const shown = filtersOf(place, SORTS);
    return html`
      <div class="row wrap">
        ${searchField(this.ctx, t("terminals.search"), (search) => this.filter({ search }), shown.search)}
        <label>
          <span class="visually-hidden">${t("common.sort_by")}</span>
          <select
            @change=${(event: Event) => this.filter({ sort: (event.target as HTMLSelectElement).value })}
          >
            ${SORTS.map(
              (sort) =>
                html`<option value=${sort} ?selected=${sort === shown.sort}>
                  ${t(`terminals.sort.${sort}`)}
                </option>`,
            )}
          </select>
        </label>
        ${addTerminal(this.ctx)}
      </div>
      <div class="filters" role="group" aria-label=${t("common.show")}>
        ${FILTERS.map(
          (one) => html`<button
            aria-pressed=${one === only}
            @click=${() => this.filter({ only: one === "all" ? "" : one })}
          >
            ${t(`terminals.only.${one}`)}${this.countOf(one)}
          </button>`,
        )}
      </div>
      ${page && !page.count
        ? html`<div class="card empty">${icon(mdi.ok)}<p>${t(only === "troubled" ? "terminals.all_well" : "common.nothing_fits")}</p></div>`
        : nothing}
      <div class="cards" aria-busy=${this.list.busy}>
        ${/* Whoever is about to press is not to press at another terminal. */ page?.terminals.map((row) => keyed(row.serial, this.card(row)))}
      </div>
      ${page ? pager(this.ctx, shown.offset, LIMIT, page.count, this.turn) : nothing}
      ${this.groups.value?.groups.length ? this.following(this.groups.value.groups) : nothing}
    `;
  }

  private countOf(only: (typeof FILTERS)[number]) {
    const page = this.list.value;
    if (!page) return "";
    const counts = { all: page.total, troubled: page.troubled, online: page.online, offline: undefined };
    const count = counts[only];
    return count === undefined ? "" : html` <span class="num dim">${this.ctx.f.number(count)}</span>`;
  }

  private nothingYet() {
    const { t } = this.ctx;
    return html`<div class="card empty">
      ${icon(mdi.terminals)}
      <h2>${t("terminals.empty_title")}</h2>
      <p>${t("terminals.empty")}</p>
      ${addTerminal(this.ctx)}
    </div>`;
  }

  private card(row: TerminalRow) {
    const { t, f } = this.ctx;
    const address = addressOf("terminals", row.serial);
    const running = this.ctx.jobs.find((job) => job.state === "running" && job.targets.includes(row.serial));
    return html`<article class="card terminal" data-serial=${row.serial}>
      <div class="row">
        <h2 class="grow clip">
          <a
            href=${address}
            @click=${follow}
            >${row.name}</a
          >
        </h2>
        ${healthOf(this.ctx, row)}
      </div>
      <p class="dim clip">${[row.model, row.address ?? t(`terminals.roads.${row.road}`)].filter(Boolean).join(" · ")}</p>
      ${failed(row.problem ? this.ctx.texts.problem(row.problem) : "")}
      ${barsOf(this.ctx, row.bars)}
      <dl class="facts">
        <dt>${t("terminals.last_punch")}</dt>
        <dd class="num">${row.last_punch ? f.moment(row.last_punch) : t("common.never")}</dd>
        ${row.clock_drift === null
          ? nothing
          : html`<dt>${t("terminals.clock")}</dt>
              <dd class="num">${Math.abs(row.clock_drift) < 2 ? t("terminals.clock_right") : f.seconds(row.clock_drift)}</dd>`}
        ${row.waiting
          ? html`<dt>${t("terminals.waiting")}</dt>
              <dd class="num">${f.number(row.waiting)}</dd>`
          : nothing}
      </dl>
      ${running
        ? html`<button class="plain" @click=${() => this.ctx.showJob(running.id)}>
            ${icon(mdi.running)}${t(`actions.${running.action}.name`)}…
          </button>`
        : row.actions.length
          ? html`<div class="row quick">
              ${["collect_records", "sync_time"]
                .filter((action) => row.actions.includes(action))
                .map(
                  (action) => html`<button
                    class="plain"
                    ?disabled=${row.online === false}
                    @click=${() => this.ctx.begin(action, { device_id: row.device_id })}
                  >
                    ${actionIcon(action)}${t(`actions.${action}.short`)}
                  </button>`,
                )}
              <span class="grow"></span>
              <button class="icon flip" aria-label=${t("terminals.open", { name: row.name })} @click=${() => go(address)}>
                ${icon(mdi.forward)}
              </button>
            </div>`
          : nothing}
    </article>`;
  }

  private following(groups: GroupRow[]) {
    const { t, f } = this.ctx;
    return html`<section class="card stack" aria-labelledby="groups">
      <h2 id="groups">${t("groups.title")}</h2>
      ${groups.map(
        (group) => html`<div class="stack tight">
          <div class="row wrap">
            <h3 class="grow">${group.name}</h3>
            <span class="dim">${t("groups.leader", { name: group.leader_name })}</span>
          </div>
          <ul>
            ${group.followers.map((one) => {
              const equal = one.to_sync === 0;
              return html`<li class="row wrap" style="padding:6px 0;border-top:1px solid var(--sid-line)">
                <span class="grow">${one.name}</span>
                ${one.to_sync === null
                  ? chip(t("groups.unknown"))
                  : html`<span class="chip ${equal ? "ok" : "warn"}">
                      ${equal ? t("groups.equal") : t("groups.to_sync", { count: one.to_sync })}
                    </span>`}
                ${one.missing ? chip(t("groups.missing", { count: one.missing })) : nothing}
                ${one.different ? chip(t("groups.different", { count: one.different })) : nothing}
                ${one.extra ? chip(t("groups.extra", { count: one.extra })) : nothing}
                ${one.retry ? html`<span class="dim">${t("groups.retry", { time: f.moment(one.retry) })}</span>` : nothing}
              </li>`;
            })}
          </ul>
          <div class="row">
            <button @click=${() => this.ctx.begin("sync_users", { group: group.id, dry_run: true })}>
              ${icon(mdi.sync)}${t("groups.plan")}
            </button>
          </div>
        </div>`,
      )}
    </section>`;
  }
}
