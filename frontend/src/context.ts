/** What all pages are given, and what they are made of. */

import { LitElement, type PropertyValues, type ReactiveControllerHost } from "lit";
import { property } from "lit/decorators.js";

import { call, type Commands } from "./api";
import type { Format } from "./format";
import type { Hass } from "./hass";
import type { Place } from "./router";
import type { Texts } from "./texts";
import type { Job, Topic } from "./types";
import { shared } from "./ui/styles";

export interface Context {
  /** As it is now: another one comes with every change of any state. */
  hass: () => Hass;
  texts: Texts;
  t: Texts["t"];
  f: Format;
  narrow: boolean;
  place: Place;
  jobs: readonly Job[];
  /** How often each topic has changed; whoever shows it asks again when it has. */
  changed: Record<Topic, number>;
  /** Begins something at terminals, and shows how far it is. */
  begin: (action: string, data: Record<string, unknown>, like?: string) => Promise<Job | undefined>;
  showJob: (id: string) => void;
}

/** Something asked of the server: the last answer, whatever is asked meanwhile. */
export class Loaded<K extends keyof Commands> {
  value?: Commands[K]["result"];
  error?: unknown;
  busy = false;
  private turn = 0;
  private asking = "";
  private again = false;

  constructor(
    private host: ReactiveControllerHost,
    private command: K,
  ) {}

  async ask(hass: Hass, args: Commands[K]["args"]): Promise<void> {
    const asking = JSON.stringify(args);
    if (this.busy && asking === this.asking) {
      // It may be answered by what was before: asked once more, when that is there.
      this.again = true;
      return;
    }
    this.asking = asking;
    this.again = false;
    const turn = ++this.turn;
    this.busy = true;
    this.host.requestUpdate();
    try {
      const value = await call(hass, this.command, args);
      if (turn !== this.turn) return;
      this.value = value;
      this.error = undefined;
    } catch (error) {
      if (turn !== this.turn) return;
      this.error = error;
    }
    this.busy = false;
    this.host.requestUpdate();
    if (this.again) await this.ask(hass, args);
  }
}

// Milliseconds between two looks at what has changed: many things change many times a second.
const AGAIN = 1000;

/** What pages and dialogs are made of. */
export class Part extends LitElement {
  @property({ attribute: false }) ctx!: Context;
  static override styles = [shared];
}

/** A page: it asks for what it shows when it comes, when its address changes, and when that has changed. */
export abstract class Page extends Part {
  protected abstract readonly topics: readonly Topic[];
  private where = "";
  private heard = "";
  private askedAt = 0;
  private soon?: ReturnType<typeof setTimeout>;

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("ctx")) return;
    const { place } = this.ctx;
    const where = JSON.stringify([place.item, place.filters.toString()]);
    const heard = JSON.stringify(this.topics.map((topic) => this.ctx.changed[topic]));
    if (where !== this.where) this.askNow();
    else if (heard !== this.heard) this.askSoon();
    this.where = where;
    this.heard = heard;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.soon);
    // Whoever is put back looks again.
    if (this.soon) this.where = "";
    this.soon = undefined;
  }

  private askNow(): void {
    clearTimeout(this.soon);
    this.soon = undefined;
    this.askedAt = performance.now();
    this.ask();
  }

  private askSoon(): void {
    const wait = this.askedAt + AGAIN - performance.now();
    if (wait <= 0) this.askNow();
    else this.soon ??= setTimeout(() => this.askNow(), wait);
  }

  /** Asks for what is shown. */
  protected abstract ask(): void;
}
