/** The panel's texts: `config_panel` of the translations that Home Assistant serves. */

import { known } from "./format";
import type { CommandError, Connection, Hass, Localize } from "./hass";
import type { Problem } from "./types";

export type Values = Record<string, string | number>;

// What Home Assistant calls data that no command or action takes; jobs say so too.
const INVALID = "invalid_format";

type Resources = Record<string, string>;

// What a connection has told: all cards of a page ask.
const told = new WeakMap<Connection, Map<string, Promise<Resources>>>();

function served(hass: Hass, language: string, category: string): Promise<Resources> {
  const { connection } = hass;
  const known = told.get(connection) ?? new Map<string, Promise<Resources>>();
  told.set(connection, known);
  const name = `${language} ${category}`;
  const asked =
    known.get(name) ??
    hass
      .callWS<{ resources: Resources }>({ type: "frontend/get_translations", language, category, integration: ["syncid"] })
      .then(({ resources }) => resources);
  known.set(name, asked);
  // What was lost with the connection is asked for again.
  asked.catch(() => known.delete(name));
  return asked;
}

export class Texts {
  private numbers: Intl.NumberFormat;
  private rules: Intl.PluralRules;

  constructor(
    readonly language: string,
    private localize: Localize,
  ) {
    this.numbers = new Intl.NumberFormat(known(language));
    this.rules = new Intl.PluralRules(known(language));
  }

  /**
   * Not by `hass.loadBackendTranslation`: it takes for there what it has only begun to load, so that whoever asks second
   * gets nothing, or another language's, and never hears when the texts are there.
   */
  static async load(hass: Hass, categories = ["exceptions", "config_panel"]): Promise<Texts> {
    const { language } = hass;
    const texts = await Promise.all(categories.map((one) => served(hass, language, one)));
    const localize: Localize = (key, values = {}) =>
      (texts.find((some) => some[key])?.[key] ?? "").replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
    return new Texts(language, localize);
  }

  /**
   * A text that is there, with numbers in the language's digits; the key where it is missing, which a test does not
   * let happen.
   */
  t = (key: string, values: Values = {}): string => {
    const { count } = values;
    const written = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? this.numbers.format(value) : value]),
    );
    const text = (one: string): string => this.localize(`component.syncid.config_panel.${one}`, written);
    // Of some there is a form for one, for a few, and so on; each language has its own.
    const forms = typeof count === "number" ? [this.rules.select(count), "other"] : [];
    return text(key) || forms.map((form) => text(`${key}.${form}`)).find(Boolean) || key;
  };

  /** A text for a word that firmware or Home Assistant may have made up. */
  word = (branch: string, word: string): string =>
    this.localize(`component.syncid.config_panel.${branch}.${word}`) || word;

  /** What is wrong, in the user's language where that is known. */
  problem(problem: Problem): string {
    // What a schema says is for programs, and in English.
    if (problem.key === INVALID) return this.t("common.invalid");
    if (problem.key) {
      const key = `component.syncid.exceptions.${problem.key}.message`;
      const text = this.localize(key, problem.values ?? undefined);
      if (text) return text;
    }
    return problem.message;
  }

  error(error: unknown): string {
    // With a number Home Assistant's connection gives back what was under way when it was lost.
    if (typeof error === "number") return this.t("common.reconnecting");
    const { message, translation_key, translation_placeholders, code } = error as Partial<CommandError>;
    if (code === "unknown_command") return this.t("common.not_ready");
    return this.problem({
      message: message ?? String(error),
      key: code === INVALID ? code : (translation_key ?? null),
      values: translation_placeholders ?? null,
    });
  }
}
