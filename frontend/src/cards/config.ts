/** How a card is set up, by hand or in Home Assistant's form. */

export const PARTS = ["in", "late", "punches"] as const;
export type Part = (typeof PARTS)[number];

export const MOST_PUNCHES = 20;

export interface CardConfig {
  type: string;
  title?: string;
  show?: Part[];
  /** How many of the last punches. */
  punches?: number;
}

/** A setting that is not as it must be is said in the card's place; Home Assistant shows the message. */
export function check(config: CardConfig): Required<CardConfig> {
  const { type } = config;
  // A field that is emptied in the form is null.
  const title = config.title ?? "";
  const show = config.show ?? [...PARTS];
  const punches = config.punches ?? 5;
  if (!Array.isArray(show) || show.some((part) => !PARTS.includes(part)))
    throw new Error(`show: ${PARTS.join(", ")}`);
  if (!Number.isInteger(punches) || punches < 1 || punches > MOST_PUNCHES)
    throw new Error(`punches: 1–${MOST_PUNCHES}`);
  return { type, title, show: PARTS.filter((part) => show.includes(part)), punches };
}

export const STUB: Omit<CardConfig, "type"> = { show: [...PARTS], punches: 5 };

export const LABELS: Record<string, string> = {
  title: "card.label_title",
  show: "card.label_show",
  punches: "card.label_punches",
};

const NAMES: Record<Part, string> = { in: "card.in", late: "card.late", punches: "card.punches" };

/** What Home Assistant makes a form of. */
export function form(t: (key: string) => string) {
  return {
    schema: [
      { name: "title", selector: { text: {} } },
      {
        name: "show",
        selector: { select: { multiple: true, options: PARTS.map((part) => ({ value: part, label: t(NAMES[part]) })) } },
      },
      { name: "punches", selector: { number: { min: 1, max: MOST_PUNCHES, mode: "box" } } },
    ],
    computeLabel: ({ name }: { name: string }) => t(LABELS[name] ?? name),
    assertConfig: (config: CardConfig) => void check(config),
  };
}
