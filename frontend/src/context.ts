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
  begin: (action: string, data: Record<string, unknown>) => Promise<Job | undefined>;
  showJob: (id: string) => void;
}

/** Something asked of the server: the last answer, whatever is asked meanwhile. */
export class Loaded<K extends keyof Commands> {
  value?: Commands[K]["result"];
  error?: unknown;
  busy = false;
  private turn = 0;

  constructor(
    private host: ReactiveControllerHost,
    private command: K,
  ) {}

  async ask(hass: Hass, args: Commands[K]["args"]): Promise<void> {
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
  }
}

/** A page: it asks for what it shows when it comes, when its address changes, and when that has changed. */
export abstract class Page extends LitElement {
  @property({ attribute: false }) ctx!: Context;

  protected abstract readonly topics: readonly Topic[];
  private asked = "";

  static override styles = [shared];

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("ctx")) return;
    const { place } = this.ctx;
    const now = JSON.stringify([
      place.item,
      place.filters.toString(),
      this.topics.map((topic) => this.ctx.changed[topic]),
    ]);
    if (now !== this.asked) {
      this.asked = now;
      this.ask();
    }
  }

  /** Asks for what is shown. */
  protected abstract ask(): void;
}
