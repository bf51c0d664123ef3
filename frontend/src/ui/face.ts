/** Who punched, as a small round picture: the photo of it, the letters of a name, or how it was done. */

import { css, html, nothing, type TemplateResult } from "lit";

import type { PunchRow } from "../types";
import { methodIcon } from "./icons";

export const faced = css`
  .face {
    width: 40px;
    height: 40px;
    border-radius: 50%;
    display: grid;
    place-items: center;
    position: relative;
    font-weight: 500;
    color: color-mix(in srgb, var(--sid-blue) 60%, var(--sid-text));
    background: color-mix(in srgb, var(--sid-blue) 14%, transparent);
  }
  .face img {
    position: absolute;
    width: 100%;
    height: 100%;
    border-radius: 50%;
    object-fit: cover;
  }
`;

export const face = ({ person, user_name, method, picture }: PunchRow, name: string): TemplateResult =>
  html`<span class="face" aria-hidden="true">
    ${person || user_name ? initials(name) : methodIcon(method)}
    ${picture ? html`<img src=${picture} alt="" @error=${hideIt} @load=${hideIt} />` : nothing}
  </span>`;

/** Shows a picture that is there; the line that it is on may have had another one before. */
const hideIt = (event: Event): void => {
  (event.target as HTMLElement).hidden = event.type === "error";
};

/** Of the first and the last name a letter each. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "");
  // Letters of some scripts would be joined to a word.
  return letters.join("\u200c").toLocaleUpperCase();
}
