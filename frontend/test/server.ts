/** A Home Assistant for the panel's pages in tests: it answers what it is told to, and remembers what it was asked. */

import { afterEach, beforeEach, vi } from "vitest";

import type { Context } from "../src/context";
import { Format } from "../src/format";
import type { Hass, Message } from "../src/hass";
import { placeOf } from "../src/router";
import { Texts } from "../src/texts";
import type { Drill, Topic } from "../src/types";
import { KEYS } from "./keys";

// jsdom has dialogs that cannot be shown.
HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close = function (this: HTMLDialogElement) {
  this.open = false;
  this.dispatchEvent(new Event("close"));
};

export type Said = Message & { [key: string]: any };
export type Answers = Record<string, (said: Said) => unknown>;

export class Server {
  readonly said: Said[] = [];
  readonly begun: { action: string; data: Record<string, unknown> }[] = [];
  readonly notified: string[] = [];
  /** Who listens, by what. */
  readonly heard = new Map<string, Set<(event: any) => void>>();
  readonly changed: Record<Topic, number> = { terminals: 0, people: 0, punches: 0, marks: 0 };

  drill: Drill | null = null;

  constructor(readonly answers: Answers) {
    answers["drill/begin"] = ({ assembly }) => {
      this.drill = { started: "2026-11-20T05:47:00Z", by: "Ann", assembly };
      return null;
    };
    answers["drill/end"] = () => (this.drill = null);
    window.addEventListener("hass-notification", (event) => this.notified.push((event as CustomEvent).detail.message));
  }

  readonly hass = {
    language: "en",
    locale: { language: "en", time_format: "24" },
    config: { time_zone: "UTC" },
    callWS: async (message: Said) => {
      this.said.push(message);
      if (message.type === "frontend/get_translations") return { resources: KEYS };
      const answer = this.answers[message.type.replace("syncid/", "")];
      if (!answer) throw new Error(`nobody answers ${message.type}`);
      return answer(message);
    },
    connection: {
      addEventListener() {},
      removeEventListener() {},
      subscribeMessage: async (tell: (event: any) => void, { type }: Message) => {
        const heard = this.heard.get(type) ?? new Set();
        this.heard.set(type, heard.add(tell));
        return () => void heard.delete(tell);
      },
    },
  } as unknown as Hass;

  /** What was asked of a command, or of an action. */
  asked(name: string): Said[] {
    return this.said.filter((one) => one.type === `syncid/${name}` || (one.type === "syncid/act" && one.action === name));
  }

  /** What was done, in order: each action with its data. */
  get done(): [string, unknown][] {
    return this.said.filter((one) => one.type === "syncid/act").map((one) => [one.action, one.data]);
  }

  tell(subscription: string, event: object): void {
    for (const tell of this.heard.get(`syncid/${subscription}`) ?? []) tell(event);
  }

  async context(more: Partial<Context> = {}): Promise<Context> {
    // A text is its key, with what it tells.
    const texts = new Texts("en", (key, values = {}) => [key.replace("component.syncid.config_panel.", ""), ...Object.values(values)].join(" "));
    return {
      hass: () => this.hass,
      texts,
      t: texts.t,
      f: new Format(this.hass),
      narrow: false,
      place: placeOf(location),
      jobs: [],
      drill: this.drill,
      changed: { ...this.changed },
      begin: async (action, data) => void this.begun.push({ action, data }),
      showJob: () => {},
      ...more,
    };
  }
}

const turn = setTimeout;
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** Lets what was begun come to its end, as if so many milliseconds had gone by. */
export async function settled(milliseconds = 0): Promise<void> {
  await new Promise((done) => turn(done));
  await vi.advanceTimersByTimeAsync(milliseconds);
  await new Promise((done) => turn(done));
}

/** What an admin sees and does, of an element and of all within it. */
export class Seen {
  constructor(readonly element: HTMLElement & { ctx: Context }) {}

  static async show(tag: string, server: Server, more: object = {}): Promise<Seen> {
    const element = Object.assign(document.createElement(tag), { ctx: await server.context() }, more) as Seen["element"];
    const seen = new Seen(element);
    document.body.append(element);
    // The address is all that knows where the admin is.
    window.addEventListener("location-changed", seen.again(server));
    await settled();
    await settled();
    return seen;
  }

  private again(server: Server) {
    const heard = async (): Promise<void> => {
      if (this.element.isConnected) this.element.ctx = await server.context();
      else window.removeEventListener("location-changed", heard);
    };
    return heard;
  }

  /** All elements that fit, in shadows too, as they stand. */
  all<T extends HTMLElement = HTMLElement>(what: string): T[] {
    const found: T[] = [];
    const look = (root: ParentNode): void => {
      for (const one of root.querySelectorAll<T>("*")) {
        if (one.matches(what)) found.push(one);
        if (one.shadowRoot) look(one.shadowRoot);
      }
    };
    look(this.element.shadowRoot!);
    return found;
  }

  one<T extends HTMLElement = HTMLElement>(what: string): T {
    const [found] = this.all<T>(what);
    if (!found) throw new Error(`no ${what}`);
    return found;
  }

  get text(): string {
    return this.all("*:not(style)")
      .flatMap((one) => [...one.childNodes])
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.textContent?.trim())
      .filter(Boolean)
      .join(" | ");
  }

  /** A button or a link, by what it says. */
  button(says: string): HTMLButtonElement {
    const spoken = (one: HTMLElement): string => one.getAttribute("aria-label") ?? one.textContent!.replace(/\s+/g, " ").trim();
    const found = this.all<HTMLButtonElement>("button, a").find((one) => spoken(one).startsWith(says));
    if (!found) throw new Error(`no button ${says}: ${this.all("button, a").map(spoken).join("; ")}`);
    return found;
  }

  async press(says: string): Promise<void> {
    this.button(says).click();
    await settled();
    await settled();
  }

  /** The field with a label; of a dialog, where the page under it has one too. */
  field(label: string): HTMLInputElement {
    const found = this.all("label").filter((one) => one.textContent!.trim().startsWith(label)).at(-1);
    const field = found?.querySelector<HTMLInputElement>("input, select, textarea");
    if (!field) throw new Error(`no field ${label}`);
    return field;
  }

  async write(label: string, value: string): Promise<void> {
    const field = this.field(label);
    field.value = value;
    for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
    await settled();
  }
}
