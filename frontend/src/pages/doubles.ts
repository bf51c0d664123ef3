/** People who may be there twice. A part of People. */

import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { Loaded, Page } from "../context";
import { filtersOf } from "../router";
import type { DoubleRow, PersonRow, Topic } from "../types";
import { chip } from "../ui/chip";
import { icon, mdi } from "../ui/icons";
import { refused, waiting } from "../ui/notice";
import { pager } from "../ui/pager";
import { shared } from "../ui/styles";

import "../ui/merge";

const LIMIT = 40;

@customElement("sid-doubles")
export class SidDoubles extends Page {
  protected readonly topics: readonly Topic[] = ["people"];
  private list = new Loaded(this, "people/doubles");
  @state() private merging?: DoubleRow;

  static override styles = [
    shared,
    css`
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      li {
        padding: 10px 0;
        border-top: 1px solid var(--sid-line);
      }
    `,
  ];

  protected ask(): void {
    void this.askPage(this.list, { offset: filtersOf(this.ctx.place).offset, limit: LIMIT });
  }

  override render() {
    const { t, texts } = this.ctx;
    const page = this.list.value;
    if (this.list.error)
      return refused(texts, this.list.error);
    if (!page) return waiting;
    const { merging } = this;
    return html`${page.count
      ? html`<section class="card">
          <p class="dim">${t("merge.about")}</p>
          <ul>
            ${page.doubles.map(
              (pair) => html`<li class="row wrap">
                <span class="grow">${this.one(pair.first)} ${this.one(pair.second)}</span>
                ${chip(texts.word("basis", pair.basis))}
                <button @click=${() => (this.merging = pair)}>${icon(mdi.merge)}${t("merge.compare")}</button>
              </li>`,
            )}
          </ul>
          ${pager(this.ctx, filtersOf(this.ctx.place).offset, LIMIT, page.count, this.turn)}
        </section>`
      : html`<div class="card empty">${icon(mdi.ok)}<p>${t("merge.none")}</p></div>`}
    ${merging
      ? html`<sid-merge
          .ctx=${this.ctx}
          .people=${[merging.first.person_id, merging.second.person_id]}
          @closed=${() => (this.merging = undefined)}
        ></sid-merge>`
      : nothing}`;
  }

  private one(person: PersonRow) {
    return html`<div>${person.name} <span class="dim num">${person.external_id}</span>
      <span class="dim">${person.users.map((user) => user.terminal).join(", ")}</span></div>`;
  }
}
