/** What all pages are given, and what they are made of. */

import { LitElement, type PropertyValues } from "lit";
import { property } from "lit/decorators.js";

import { call, type Commands } from "./api";
import type { Format } from "./format";
import type { Hass } from "./hass";
import { addressOf, filtersOf, go, type Filters, type Place } from "./router";
import type { Texts } from "./texts";
import type { Drill, Job, Topic } from "./types";
import { lastPage } from "./ui/pager";
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
  /** What is going on for all admins. */
  drill: Drill | null;
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
    private host: Pick<Part, "ctx" | "requestUpdate">,
    private command: K,
  ) {}

  /** Returns what is answered, unless something else was asked meanwhile. */
  async ask(args: Commands[K]["args"]): Promise<Commands[K]["result"] | undefined> {
    const asking = JSON.stringify(args);
    if (this.busy && asking === this.asking) {
      // It may be answered by what was before: asked once more, when that is there.
      this.again = true;
      return undefined;
    }
    this.asking = asking;
    this.again = false;
    const turn = ++this.turn;
    this.busy = true;
    this.host.requestUpdate();
    try {
      const value = await call(this.host.ctx.hass(), this.command, args);
      if (turn !== this.turn) return undefined;
      this.value = value;
      this.error = undefined;
    } catch (error) {
      if (turn !== this.turn) return undefined;
      this.error = error;
    }
    this.busy = false;
    this.host.requestUpdate();
    if (this.again) return this.ask(args);
    return this.error ? undefined : this.value;
  }
}

/** The commands that answer with a part of a list. */
type Listed = { [K in keyof Commands]: Commands[K]["result"] extends { count: number } ? K : never }[keyof Commands];

// Milliseconds between two looks at what has changed: many things change many times a second.
const AGAIN = 1000;

// What of a context is looked at as it is.
const OTHER = ["texts", "f", "place", "jobs", "drill", "narrow"] as const;

/** What pages and dialogs are made of. */
export class Part extends LitElement {
  @property({ attribute: false }) ctx!: Context;
  static override styles = [shared];
}

/** A page: it asks for what it shows when it comes, when its address changes, and when that has changed. */
export abstract class Page extends Part {
  protected abstract readonly topics: readonly Topic[];
  /** Topics that only parts of it look at. */
  protected readonly parts: readonly Topic[] = [];
  private drawn = false;
  private where = "";
  private heard = "";
  private askedAt = 0;
  private soon?: ReturnType<typeof setTimeout>;

  override requestUpdate(...said: Parameters<LitElement["requestUpdate"]>): void {
    if (said[0] !== "ctx") this.drawn = false;
    super.requestUpdate(...said);
  }

  /** What is nothing to this page is nothing to draw for: in a rush something changes three times a second. */
  protected override shouldUpdate(changed: PropertyValues): boolean {
    const before = changed.get("ctx") as Context | undefined;
    const { ctx } = this;
    return (
      !this.drawn ||
      !before ||
      OTHER.some((key) => before[key] !== ctx[key]) ||
      [...this.topics, ...this.parts].some((topic) => before.changed[topic] !== ctx.changed[topic])
    );
  }

  protected override update(changed: PropertyValues): void {
    super.update(changed);
    this.drawn = true;
  }

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

  /** Asks for a part of a list; when so many are there no more, for the last part that is. */
  protected async askPage<K extends Listed>(
    list: Loaded<K>,
    args: Commands[K]["args"] & { offset: number; limit: number },
  ): Promise<void> {
    const count = (await list.ask(args))?.count ?? Infinity;
    const { place } = this.ctx;
    // Who looks at something else by now is left alone.
    if (args.offset && args.offset >= count && args.offset === filtersOf(place).offset && this.isConnected)
      this.show(place.item, { from: String(lastPage(count, args.limit) || "") }, true);
  }

  /** Opens something of the page, or nothing, with the same in the list. Back leads from there to the list. */
  protected show(item?: string, changed: Filters = {}, replace = !item): void {
    const { page, filters } = this.ctx.place;
    go(addressOf(page, item, { ...Object.fromEntries(filters), ...changed }), replace);
  }

  /** Lists something else, from its beginning if nothing else is said. */
  protected filter = (changed: Filters): void => this.show(undefined, { from: "", ...changed });

  protected turn = (from: number): void => this.filter({ from: String(from || "") });
}
