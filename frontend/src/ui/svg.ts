/** One pictogram, without the list of all: what is small takes this. */

import { html, type TemplateResult } from "lit";

/** For the eye alone: a text beside it, or a label, says the same. */
export function icon(path: string): TemplateResult {
  return html`<svg class="mdi" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${path}></path>
  </svg>`;
}
