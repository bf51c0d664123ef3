/** The panel's texts: `config_panel` of the translations that Home Assistant serves. */

import type { CommandError, Hass, Localize } from "./hass";
import type { Problem } from "./types";

export type Values = Record<string, string | number>;

export class Texts {
  private constructor(
    readonly language: string,
    private localize: Localize,
  ) {}

  static async load(hass: Hass, categories = ["exceptions", "config_panel"]): Promise<Texts> {
    const { language } = hass;
    let localize: Localize = () => "";
    // The last call returns what knows all.
    for (const category of categories) localize = await hass.loadBackendTranslation(category, "syncid");
    return new Texts(language, localize);
  }

  /** A text that is there; the key where it is missing, which a test does not let happen. */
  t = (key: string, values?: Values): string =>
    this.localize(`component.syncid.config_panel.${key}`, values) || key;

  /** A text for a word that firmware or Home Assistant may have made up. */
  word = (branch: string, word: string): string =>
    this.localize(`component.syncid.config_panel.${branch}.${word}`) || word;

  /** What is wrong, in the user's language where that is known. */
  problem(problem: Problem): string {
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
      key: translation_key ?? null,
      values: translation_placeholders ?? null,
    });
  }
}
