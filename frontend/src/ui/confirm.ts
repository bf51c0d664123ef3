/** Asks whether something is really to be done; what cannot be undone, in words. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { Part } from "../context";
import { leaving } from "./dialog";
import { failed, waiting } from "./notice";

@customElement("sid-confirm")
export class SidConfirm extends Part {
  @property() heading = "";
  @property() text = "";
  @property() button = "";
  /** What has to be written; nothing where a yes is enough. */
  @property() word = "";
  @state() private written = "";

  override render() {
    const { t } = this.ctx;
    const ready = !this.word || this.written.trim().toLocaleLowerCase() === this.word.trim().toLocaleLowerCase();
    return html`<sid-dialog .heading=${this.heading}>
      <form
        id="form"
        class="stack"
        @submit=${(event: Event) => {
          event.preventDefault();
          if (ready) this.say();
        }}
      >
        ${this.word
          ? html`${failed(this.text)}
              <slot></slot>
              <label class="field">
                ${t("confirm.write", { word: this.word })}
                <input
                  autofocus
                  autocomplete="off"
                  autocapitalize="off"
                  spellcheck="false"
                  .value=${this.written}
                  @input=${(event: Event) => {
                    this.written = (event.target as HTMLInputElement).value;
                  }}
                />
              </label>`
          : html`<p>${this.text}</p>`}
        ${this.said ? waiting : nothing}
      </form>
      <div slot="footer">
        ${leaving(this)}
        <button class=${this.word ? "danger" : "main"} ?disabled=${!ready || this.said} @click=${this.say}>
          ${this.button || nothing}
        </button>
      </div>
    </sid-dialog>`;
  }

  @state() private said = false;

  /** Once, however often it is pressed while it is done. */
  private say = (): void => {
    if (this.said) return;
    this.said = true;
    this.dispatchEvent(new CustomEvent("confirmed"));
  };
}
