/** A dashboard that makes itself: `strategy: {type: custom:syncid}`. */

import type { CardConfig, Part } from "./config";
import { COUNTS, find, type DashboardHass } from "./entities";

export interface StrategyConfig {
  show?: Part[];
  punches?: number;
}

interface Section {
  type: "grid";
  cards: Record<string, unknown>[];
}

export interface Dashboard {
  title: string;
  views: { title: string; path: string; icon: string; type: "sections"; max_columns: number; sections: Section[] }[];
}

const COLUMN: Part[] = ["in", "late", "punches"];

/** What a kiosk or a staff room is to see: numbers above, names and punches side by side below. */
export function dashboard(
  { show = COLUMN, punches = 10 }: StrategyConfig,
  hass: Pick<DashboardHass, "entities" | "states">,
  title: string,
): Dashboard {
  const { counts } = find(hass);
  const tiles = COUNTS.flatMap((count) => counts[count] ?? []).map((entity) => ({
    type: "tile",
    entity,
    grid_options: { columns: 6 },
  }));
  const cards = COLUMN.filter((part) => show.includes(part)).map((part): CardConfig & Record<string, unknown> => ({
    type: "custom:syncid-card",
    show: [part],
    ...(part === "punches" ? { punches } : {}),
  }));
  // The shorter ones share a column.
  const [first, ...others] = cards;
  const sections = [[...tiles, ...(first ? [first] : [])], others].filter((one) => one.length > 0);
  return {
    title,
    views: [
      {
        title,
        path: "today",
        icon: "mdi:fingerprint",
        type: "sections",
        max_columns: 2,
        sections: sections.map((one) => ({ type: "grid", cards: one })),
      },
    ],
  };
}
