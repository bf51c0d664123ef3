/** A dialog: the browser's own, which keeps the keyboard inside and gives it back. */

import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Part } from "../context";
import { icon, mdi } from "./icons";
import { shared } from "./styles";

@customElement("sid-dialog")
export class SidDialog extends LitElement {
  @property() heading = "";

  static override styles = [
    shared,
    css`
      dialog {
        width: min(560px, calc(100vw - 32px));
        max-height: min(800px, calc(100dvh - 48px));
        padding: 0;
        border: 0;
        border-radius: 20px;
        color: inherit;
        background: var(--ha-dialog-surface-background, var(--card-background-color, #fff));
        box-shadow: 0 12px 40px #0006;
        overflow: hidden;
      }
      dialog[open] {
        display: flex;
        flex-direction: column;
      }
      dialog::backdrop {
        background: #0008;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 8px 8px 8px 20px;
        padding-inline: 20px 8px;
      }
      header h2 {
        outline: 0;
        font-size: 18px;
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .body {
        padding: 4px 20px 20px;
        overflow: auto;
        flex: 1;
      }
      footer {
        padding: 12px 20px calc(12px + env(safe-area-inset-bottom, 0px));
        border-top: 1px solid var(--sid-line);
      }
      @media (max-width: 600px) {
        dialog {
          width: 100vw;
          max-width: 100vw;
          max-height: 92dvh;
          margin: auto 0 0;
          border-radius: 20px 20px 0 0;
        }
      }
    `,
  ];

  private get dialog(): HTMLDialogElement {
    return this.renderRoot.querySelector("dialog")!;
  }

  override render() {
    // Whose it is knows the words.
    const { ctx } = (this.getRootNode() as ShadowRoot).host as Part;
    return html`<dialog aria-labelledby="heading" @close=${this.closed} @click=${this.outside}>
      <header>
        <h2 id="heading" tabindex="-1" autofocus>${this.heading}</h2>
        <button class="icon" aria-label=${ctx.t("common.close")} @click=${this.close}>${icon(mdi.close)}</button>
      </header>
      <div class="body"><slot></slot></div>
      <footer><slot name="footer"></slot></footer>
    </dialog>`;
  }

  override firstUpdated(): void {
    // Who began it may have ended it before it was drawn.
    if (!this.isConnected) return;
    this.dialog.showModal();
    // The browser looks for none in a slot.
    this.querySelector<HTMLElement>("[autofocus]")?.focus();
  }

  close = (): void => this.dialog.close();

  private closed(): void {
    this.dispatchEvent(new CustomEvent("closed", { bubbles: true, composed: true }));
  }

  private outside(event: MouseEvent): void {
    if (event.target === this.dialog) this.close();
  }
}

/** Closes the dialog of a component, so that the keyboard is back where it was; that tells `closed`. */
export const shut = (host: LitElement): void => host.renderRoot.querySelector<SidDialog>("sid-dialog")?.close();

/** The button by which a dialog is left. */
export const leaving = (part: Part, word = "common.cancel"): TemplateResult =>
  html`<button @click=${() => shut(part)}>${part.ctx.t(word)}</button>`;
