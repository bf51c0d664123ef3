/** The commands of the panel, typed. tests/contract/test_panel.py compares them with Python's. */

import type { Hass } from "./hass";
import type {
  Backups,
  Changes,
  Groups,
  Info,
  Job,
  JobDetail,
  JobList,
  PunchEvent,
  PunchPage,
  TerminalPage,
  Today,
  UserPage,
  UserTemplates,
} from "./types";

type Data = Record<string, unknown>;

export interface Commands {
  "backups/list": { args: {}; result: Backups };
  "groups/list": { args: {}; result: Groups };
  "info": { args: {}; result: Info };
  "jobs/begin": { args: { action: string; data: Data }; result: Job };
  "jobs/cancel": { args: { job: string }; result: null };
  "jobs/dismiss": { args: { job: string }; result: null };
  "jobs/get": { args: { job: string }; result: JobDetail };
  "live/today": { args: {}; result: Today };
  "punches/list": { args: { serials?: string[]; user_id?: string; since?: string; until?: string; cursor?: string; limit?: number }; result: PunchPage };
  "terminals/list": { args: { search?: string; sort?: string; descending?: boolean; offset?: number; limit?: number; only?: string }; result: TerminalPage };
  "users/list": { args: { search?: string; sort?: string; descending?: boolean; offset?: number; limit?: number; only?: string; serial?: string }; result: UserPage };
  "users/templates": { args: { user_id: string }; result: UserTemplates };
}

export interface Subscriptions {
  "changes/subscribe": { args: {}; result: Changes };
  "jobs/subscribe": { args: {}; result: JobList };
  "live/subscribe": { args: {}; result: PunchEvent };
}

export function call<K extends keyof Commands>(
  hass: Hass,
  command: K,
  args: Commands[K]["args"],
): Promise<Commands[K]["result"]> {
  return hass.callWS({ type: `syncid/${command}`, ...args });
}
