/** What went wrong, in a box; nothing where nothing did. */

import { html, nothing, type TemplateResult } from "lit";

import type { Texts } from "../texts";
import { icon, mdi } from "./icons";

/** Said at once to who does not see it, where it comes of what they did just now. */
export const failed = (text: string | undefined, now = false): TemplateResult | typeof nothing =>
  text ? html`<div class="notice bad" role=${now ? "alert" : nothing}>${icon(mdi.error)}<span>${text}</span></div>` : nothing;

export const refused = (texts: Texts, error: unknown, now = false) => failed(error ? texts.error(error) : "", now);

/** While something is not there yet. */
export const waiting = html`<div class="progress"></div>`;
