/** A short word in a colour. */

import { html, nothing, type TemplateResult } from "lit";

import { icon, type mdi } from "./icons";

export const chip = (text: string | null, kind = "", picture?: mdi): TemplateResult =>
  html`<span class="chip ${kind}">${picture ? icon(picture) : nothing}${text}</span>`;
