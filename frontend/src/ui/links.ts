/** Links, which do not load the page anew: within the panel, and to the rest of Home Assistant. */

import { html, type TemplateResult } from "lit";

import type { Context } from "../context";
import { go } from "../router";
import { icon, mdi } from "./icons";

/** Goes where a link leads, with a step back to here or in its place; unless another tab is wanted. */
export function follow(event: MouseEvent, replace = false): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  go((event.currentTarget as HTMLAnchorElement).getAttribute("href") ?? "/", replace);
}

/** Home Assistant's own dialog for one more terminal. */
export const addTerminal = ({ t }: Context): TemplateResult =>
  html`<a class="button main" href="/config/integrations/dashboard/add?domain=syncid" @click=${follow}>
    ${icon(mdi.plus)}${t("terminals.add")}
  </a>`;
