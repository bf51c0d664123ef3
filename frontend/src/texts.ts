/** The panel's texts: `config_panel` of the translations that Home Assistant serves. */

import { known } from "./format";
import type { CommandError, Hass, Localize } from "./hass";
import type { Problem } from "./types";

export type Values = Record<string, string | number>;

// What Home Assistant calls data that no command or action takes; jobs say so too.
const INVALID = "invalid_format";

export class Texts {
  private numbers: Intl.NumberFormat;
  private rules: Intl.PluralRules;

  private constructor(
    readonly language: string,
    private localize: Localize,
  ) {
    this.numbers = new Intl.NumberFormat(known(language));
    this.rules = new Intl.PluralRules(known(language));
  }

  static async load(hass: Hass, categories = ["exceptions", "config_panel"]): Promise<Texts> {
    const { language } = hass;
    let localize: Localize = () => "";
    // The last call returns what knows all.
    for (const category of categories) localize = await hass.loadBackendTranslation(category, "syncid");
    return new Texts(language, localize);
  }

  /**
   * A text that is there, with numbers in the language's digits; the key where it is missing, which a test does not
   * let happen.
   */
  t = (key: string, values: Values = {}): string => {
    const { count } = values;
    const told = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? this.numbers.format(value) : value]),
    );
    const text = (one: string): string => this.localize(`component.syncid.config_panel.${one}`, told);
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
