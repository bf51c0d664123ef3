/** What went wrong, in words. */

import { html, nothing } from "lit";

import { icon, mdi } from "./icons";

export const trouble = (text: string | undefined) =>
  text ? html`<div class="notice bad" role="alert">${icon(mdi.error)}<span>${text}</span></div>` : nothing;
