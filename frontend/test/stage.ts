/** A page or a dialog with a server that answers as a test says. */

import type { Context } from "../src/context";
import { Format } from "../src/format";
import type { Hass } from "../src/hass";
import { Texts } from "../src/texts";

HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.open = false;
  this.dispatchEvent(new Event("close"));
};

export type Said = { type: string; [key: string]: any };

export class Stage {
  /** What the server was asked, and who asked to be told, with how to tell them. */
  readonly said: Said[] = [];
  readonly told: ((event: unknown) => void)[] = [];
  answer: (said: Said) => unknown = () => ({ answer: {} });

  readonly hass = {
    language: "en",
    locale: { language: "en" },
    config: { time_zone: "Asia/Karachi" },
    callWS: async (message: Said) => {
      this.said.push(message);
      return this.answer(message);
    },
    connection: {
      addEventListener() {},
      removeEventListener() {},
      subscribeMessage: async (tell: (event: unknown) => void) => {
        this.told.push(tell);
        return () => {};
      },
    },
    loadBackendTranslation: async () => (key: string, values: object) =>
      [key.replace("component.syncid.config_panel.", ""), ...Object.values(values ?? {})].join(" "),
  } as unknown as Hass;

  /** What was done, in order: each action with its data. */
  get done(): [string, unknown][] {
    return this.said.filter((one) => one.type === "syncid/act").map((one) => [one.action, one.data]);
  }

  async context(more: Partial<Context> = {}): Promise<Context> {
    const texts = await Texts.load(this.hass);
    return {
      hass: () => this.hass,
      texts,
      t: texts.t,
      f: new Format(this.hass),
      narrow: false,
      place: { page: "live", filters: new URLSearchParams() } as Context["place"],
      jobs: [],
      changed: { terminals: 0, people: 0, punches: 0, marks: 0 },
      begin: async () => undefined,
      showJob: () => {},
      ...more,
    };
  }

  async show(tag: string, props: object): Promise<any> {
    const element = Object.assign(document.createElement(tag), { ctx: await this.context(), ...props }) as any;
    document.body.append(element);
    await settled(element);
    return element;
  }
}

/** Waits until what was asked is answered and drawn. */
export async function settled(element: any): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((done) => setTimeout(done, 0));
    await element.updateComplete;
  }
}

/** Finds a button by what is on it. */
export const button = (element: any, text: string): HTMLButtonElement =>
  [...element.shadowRoot.querySelectorAll("button")].find((one: any) => one.textContent.trim().startsWith(text));

export async function write(element: any, selector: string, value: string): Promise<void> {
  const field = element.shadowRoot.querySelector(selector);
  field.value = value;
  field.dispatchEvent(new Event(field.localName === "select" ? "change" : "input"));
  await element.updateComplete;
}
