/** What came of actions, in words and in lists. */

import { html, nothing, type TemplateResult } from "lit";

import type { Context } from "../context";
import { chip } from "./chip";
import { icon, mdi } from "./icons";
import { failed } from "./notice";

interface ReportedUser {
  user_id: string;
  name?: string;
  outcome: string;
  fingerprints?: number;
  face?: boolean;
  reasons?: string[];
}

interface Reported {
  device: string;
  done: boolean;
  queued?: boolean;
  error?: string;
  users?: ReportedUser[];
  outcomes?: Record<string, number>;
}

const KINDS: Record<string, string> = {
  add: "ok",
  change: "info",
  remove: "warn",
  extra: "warn",
  refuse: "bad",
  fail: "bad",
  queued: "info",
};

/** One sentence on what an action answered. */
export function outcomeOf(ctx: Context, action: string, result: Record<string, unknown>): TemplateResult | TemplateResult[] {
  const { t, f } = ctx;
  const amount = (key: string): number => Number(result[key] ?? 0);
  const warnings = ((result.warnings as string[]) ?? []).map(
    (one) => html`<div class="notice warn">${icon(mdi.error)}<span>${ctx.texts.word("warnings", one)}</span></div>`,
  );
  let text: string;
  if (result.queued) text = t("results.queued");
  else if (action === "collect_records") text = t("results.collect_records", { count: amount("new") });
  else if (action === "enroll_fingerprint" || action === "enroll_face") text = t(`results.${action}`);
  else if (action === "clear_records") text = t("results.clear_records", { count: amount("cleared") });
  else if (action === "sync_time" && typeof result.drift_before === "number")
    text = t("results.sync_time", { before: f.seconds(result.drift_before) });
  else if (action === "backup_users")
    text = t("results.backup_users", { users: amount("users"), fingerprints: amount("fingerprints"), faces: amount("faces"), file: String(result.file) });
  else if (action === "adopt_people") text = t("people.adopted", { people: amount("people"), marks: amount("marks") });
  else if (action === "automap") text = t("results.automap", { count: amount("mapped"), marks: amount("marks") });
  else if (result.terminals) return warnings;
  else text = t("results.done");
  return html`<div class="notice ok">${icon(mdi.ok)}<span>${text}</span></div>
    ${warnings}`;
}

/** What became of users at each terminal. */
export function reportOf(
  ctx: Context,
  result: Record<string, unknown>,
  nameOf: (serial: string) => string,
): TemplateResult | typeof nothing {
  const terminals = result.terminals as Reported[] | undefined;
  if (!terminals) return nothing;
  return html`${terminals.map((terminal) => oneTerminal(ctx, terminal, nameOf(terminal.device)))}`;
}

function oneTerminal(ctx: Context, terminal: Reported, name: string): TemplateResult {
  const { t, f, texts } = ctx;
  const outcomes = Object.entries(terminal.outcomes ?? {});
  const told = terminal.users ?? [];
  const all = outcomes.reduce((sum, [word, count]) => sum + (word === "same" ? 0 : count), 0);
  return html`<section class="stack tight">
    <h3>${name}</h3>
    ${failed(terminal.error)}
    ${terminal.queued ? html`<div class="notice">${icon(mdi.push)}<span>${t("results.queued")}</span></div>` : nothing}
    ${terminal.done && !terminal.users
      ? html`<div class="notice ok">${icon(mdi.ok)}<span>${t("results.done")}</span></div>`
      : nothing}
    <div class="row wrap">
      ${outcomes.map(
        ([word, count]) =>
          chip(`${t(`outcomes.${word}`)}: ${f.number(count)}`, KINDS[word]),
      )}
    </div>
    ${told.length
      ? html`<ul class="users">
          ${told.map(
            (user) => html`<li class="row wrap" style="padding:6px 0;border-top:1px solid var(--sid-line)">
              <span class="grow">
                <span>${user.name || t("live.user", { id: user.user_id })}</span>
                <span class="dim num">${user.user_id}</span>
              </span>
              ${user.fingerprints ? chip(f.number(user.fingerprints), "", mdi.finger) : nothing}
              ${user.face ? chip("", "", mdi.face) : nothing}
              ${chip(texts.word("outcomes", user.outcome), KINDS[user.outcome])}
              ${(user.reasons ?? []).map((reason) => html`<small class="dim" style="flex-basis:100%">${texts.word("reasons", reason)}</small>`)}
            </li>`,
          )}
        </ul>`
      : nothing}
    ${all > told.length ? html`<p class="dim">${t("results.more", { count: all - told.length })}</p>` : nothing}
  </section>`;
}
