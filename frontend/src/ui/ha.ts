/**
 * The only module that names elements of Home Assistant, which come and go with its versions. Each has something
 * plain of our own in its place where it is missing.
 */

import { html, nothing, type TemplateResult } from "lit";

import type { Hass } from "../hass";
import { icon, mdi } from "./icons";

export const has = (tag: string): boolean => customElements.get(tag) !== undefined;

/** Home Assistant's button for its sidebar, which on phones is the only way out of the panel. */
export function menuButton(hass: Hass, narrow: boolean, label: string): TemplateResult | typeof nothing {
  if (has("ha-menu-button")) return html`<ha-menu-button .hass=${hass} .narrow=${narrow}></ha-menu-button>`;
  if (!narrow) return nothing;
  return html`<button
    class="icon"
    aria-label=${label}
    @click=${(event: Event) =>
      event.target?.dispatchEvent(new CustomEvent("hass-toggle-menu", { bubbles: true, composed: true }))}
  >
    ${icon(mdi.menu)}
  </button>`;
}

/** What Home Assistant has at the root of its page, for what is asked before there is an element of ours. */
export const rootHass = <T extends Hass>(): T | undefined =>
  (document.querySelector("home-assistant") as (Element & { hass?: T }) | null)?.hass;

/** A card on a dashboard, which themes know by Home Assistant's element. */
export const card = (inside: TemplateResult): TemplateResult =>
  has("ha-card") ? html`<ha-card>${inside}</ha-card>` : html`<div class="plain-card">${inside}</div>`;

interface Chart {
  said: string;
  data: object[];
  options: object;
}

// What was said last: Home Assistant's chart draws all of it anew when it is given other objects, equal or not.
let chart: Chart | undefined;

function chartOf(data: number[], names: string[], label: string, rtl: boolean): Chart {
  const said = JSON.stringify([data, names, label, rtl]);
  if (chart?.said === said) return chart;
  return (chart = {
    said,
    data: [{ id: "bars", name: label, type: "bar", data, itemStyle: { borderRadius: [3, 3, 0, 0] } }],
    options: {
      grid: { top: 12, bottom: 4, left: 4, right: 12, containLabel: true },
      xAxis: { type: "category", data: names, axisTick: { show: false }, axisLabel: { interval: 3 }, inverse: rtl },
      yAxis: { type: "value", minInterval: 1, splitNumber: 3, position: rtl ? "right" : "left" },
      tooltip: { trigger: "axis" },
      legend: { show: false },
    },
  });
}

/** Bars, in Home Assistant's own chart where there is one. */
export function barChart(values: number[], names: string[], label: string, rtl = false): TemplateResult {
  const most = Math.max(1, ...values);
  if (has("ha-chart-base")) {
    const { data, options } = chartOf(values, names, label, rtl);
    return html`<ha-chart-base
      role="img"
      aria-label=${label}
      .height=${"150px"}
      .data=${data}
      .options=${options}
    ></ha-chart-base>`;
  }
  return html`<div class="plain-chart" role="img" aria-label=${label}>
    ${values.map(
      (value, at) => html`<div class="column" title="${names[at]}: ${value}">
        <div style="height:${(100 * value) / most}%"></div>
        <small>${at % 4 ? "" : names[at]}</small>
      </div>`,
    )}
  </div>`;
}

/** Tells something at the edge of the screen, as all of Home Assistant does, with what can be done about it. */
export function notify(from: EventTarget, message: string, action?: { text: string; action: () => void }): void {
  from.dispatchEvent(
    new CustomEvent("hass-notification", { detail: { message, action }, bubbles: true, composed: true }),
  );
}
