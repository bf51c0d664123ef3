/** What the entities of SyncID tell whoever may see them. Nothing else is asked of Home Assistant. */

import type { Hass } from "../hass";

export interface EntityState {
  entity_id: string;
  state: string;
  attributes: Record<string, unknown>;
}

/** Of the registry, as everybody is told of it. */
export interface EntityEntry {
  entity_id: string;
  platform?: string;
  translation_key?: string;
  hidden?: boolean;
}

export interface DashboardHass extends Hass {
  states: Record<string, EntityState | undefined>;
  entities: Record<string, EntityEntry | undefined>;
}

/** The sensors of the site, by what they count. */
export const COUNTS = ["on_site", "present", "late", "absent"] as const;
export type Count = (typeof COUNTS)[number];

export interface Found {
  counts: Partial<Record<Count, string>>;
  /** The event entities of terminals. */
  punches: string[];
}

/** Finds the entities whatever they were renamed to; who may not see one does not get it. */
export function find({ entities, states }: Pick<DashboardHass, "entities" | "states">): Found {
  const found: Found = { counts: {}, punches: [] };
  for (const entry of Object.values(entities ?? {})) {
    if (entry?.platform !== "syncid" || entry.hidden || !states[entry.entity_id]) continue;
    const { entity_id: id, translation_key: key = "" } = entry;
    if (id.startsWith("event.") && key === "punch") found.punches.push(id);
    else if (id.startsWith("sensor.") && isCount(key)) found.counts[key] = id;
  }
  found.punches.sort();
  return found;
}

const isCount = (key: string): key is Count => (COUNTS as readonly string[]).includes(key);

export const isKnown = (state?: EntityState): state is EntityState =>
  state !== undefined && state.state !== "unavailable" && state.state !== "unknown";

export interface People {
  count: number;
  names: string[];
  /** How many there are whom the entity does not name. */
  more: number;
  /** Terminals that may know of others. */
  away: string[];
}

export function peopleOf(state?: EntityState): People | undefined {
  if (!isKnown(state)) return undefined;
  const count = Number(state.state);
  if (Number.isNaN(count)) return undefined;
  const names = strings(state.attributes["people"]);
  return { count, names, more: Math.max(0, count - names.length), away: strings(state.attributes["terminals_away"]) };
}

export interface Punch {
  id: string;
  name: string;
  terminal: string;
  direction: string;
  /** By the terminal's clock. */
  time: string;
  /** When Home Assistant heard of it. */
  heard: number;
}

export function punchOf(state?: EntityState): Punch | undefined {
  if (!isKnown(state)) return undefined;
  const heard = Date.parse(state.state);
  if (Number.isNaN(heard)) return undefined;
  const { attributes } = state;
  return {
    id: `${state.entity_id} ${state.state}`,
    name: word(attributes["person"]) || word(attributes["user_name"]) || word(attributes["user_id"]),
    terminal: word(attributes["device_name"]) || word(attributes["friendly_name"]),
    direction: word(attributes["event_type"]) || "unknown",
    time: word(attributes["time"]) || state.state,
    heard,
  };
}

/** An entity knows its last punch only: those before are what was seen while the page is open. */
export class Seen {
  constructor(private most: number) {}

  private punches: readonly Punch[] = [];

  take(states: Iterable<EntityState | undefined>): void {
    for (const state of states) {
      const punch = punchOf(state);
      if (!punch || this.punches.some((one) => one.id === punch.id)) continue;
      this.punches = [...this.punches, punch].sort((a, b) => b.heard - a.heard).slice(0, this.most);
    }
  }

  /** The latest, of the terminals that are asked for. */
  latest(entities: readonly string[], most: number): Punch[] {
    const ours = new Set(entities);
    return this.punches.filter(({ id }) => ours.has(id.split(" ")[0] ?? "")).slice(0, most);
  }
}

const word = (value: unknown): string => (value === null || value === undefined ? "" : String(value));

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
