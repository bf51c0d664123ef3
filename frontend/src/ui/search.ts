/** A field to search with, which asks once the fingers rest; at once when nothing is left of it, or with Enter. */

import { html, type TemplateResult } from "lit";

import type { Context } from "../context";
import { icon, mdi } from "./icons";

// Milliseconds: as long as the fingers are between two keys.
const REST = 150;

const resting = new WeakMap<EventTarget, ReturnType<typeof setTimeout>>();

/** What was typed is for where it was typed: who has gone on meanwhile is not brought back. */
function typed(event: Event, then: (text: string) => void, rest: number): void {
  const input = event.target as HTMLInputElement;
  const { value } = input;
  const { href } = location;
  clearTimeout(resting.get(input));
  if (!value || !rest) then(value);
  else
    resting.set(
      input,
      setTimeout(() => {
        if (input.isConnected && location.href === href) then(value);
      }, rest),
    );
}

/** `now` is what the address says is searched for, where it does. */
export const searchField = ({ t }: Context, placeholder: string, then: (text: string) => void, now = ""): TemplateResult =>
  html`<label class="search">
    <span class="visually-hidden">${t("common.search")}</span>
    ${icon(mdi.search)}
    <input
      type="search"
      placeholder=${placeholder}
      .value=${now}
      @input=${(event: Event) => typed(event, then, REST)}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key !== "Enter" || event.isComposing) return;
        // Nor is a form saved that it is in.
        event.preventDefault();
        typed(event, then, 0);
      }}
    />
  </label>`;
