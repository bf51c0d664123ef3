/** The commands of the panel, typed. tests/contract/test_panel.py compares them with Python's. */

import type { Hass } from "./hass";
import type {
  Adopted,
  Backups,
  Changes,
  DayDetail,
  DayPage,
  Done,
  DoublePage,
  DrillNow,
  Exported,
  Groups,
  Holdings,
  ImportPage,
  Info,
  Job,
  JobDetail,
  JobList,
  MonthPage,
  NobodyPage,
  PeoplePage,
  Preview,
  PunchEvent,
  PunchPage,
  RollCall,
  RuleBook,
  TerminalPage,
  Today,
  UserPage,
  UserTemplates,
} from "./types";

type Data = Record<string, unknown>;

export interface Commands {
  "act": { args: { action: string; data: Data }; result: Done };
  "attendance/day": { args: { person_id: string; date: string }; result: DayDetail };
  "attendance/days": { args: { date: string; search?: string; sort?: string; descending?: boolean; offset?: number; limit?: number; group?: string; serial?: string; status?: string }; result: DayPage };
  "attendance/export": { args: { table: string; date: string; search?: string; group?: string; serial?: string; status?: string }; result: Exported };
  "attendance/month": { args: { month: string; search?: string; descending?: boolean; offset?: number; limit?: number; group?: string; serial?: string }; result: MonthPage };
  "backups/list": { args: {}; result: Backups };
  "drill/begin": { args: { assembly?: string[] }; result: null };
  "drill/end": { args: {}; result: null };
  "groups/list": { args: {}; result: Groups };
  "info": { args: {}; result: Info };
  "jobs/begin": { args: { action: string; data: Data; like?: string }; result: Job };
  "jobs/cancel": { args: { job: string }; result: null };
  "jobs/dismiss": { args: { job: string }; result: null };
  "jobs/get": { args: { job: string }; result: JobDetail };
  "live/today": { args: {}; result: Today };
  "people/adopt": { args: { user_ids?: string[]; kind?: string; dry_run?: boolean }; result: Adopted };
  "people/doubles": { args: { search?: string; descending?: boolean; offset?: number; limit?: number }; result: DoublePage };
  "people/holdings": { args: { person_ids: string[] }; result: Holdings };
  "people/import": { args: { upload: string; apply?: boolean; search?: string; descending?: boolean; offset?: number; limit?: number }; result: ImportPage };
  "people/list": { args: { search?: string; sort?: string; descending?: boolean; offset?: number; limit?: number; group?: string; person_id?: string; only?: string }; result: PeoplePage };
  "people/nobody": { args: { search?: string; descending?: boolean; offset?: number; limit?: number }; result: NobodyPage };
  "punches/list": { args: { serials?: string[]; user_id?: string; since?: string; until?: string; cursor?: string; limit?: number }; result: PunchPage };
  "rollcall": { args: { call?: string; offset?: number; limit?: number }; result: RollCall };
  "rules/get": { args: { past?: boolean }; result: RuleBook };
  "rules/preview": { args: { start_time?: string | null; end_time?: string | null; in_window?: string | null; out_window?: string | null; grace_minutes?: number; workdays?: string[]; opens_before_hours?: number | null; closes_after_hours?: number | null; deduct_after_hours?: number | null; from_start?: boolean; paid_break_times?: string[] | null; round_total?: string | null; time_zone?: string | null; date?: string }; result: Preview };
  "rules/save": { args: { start_time?: string | null; end_time?: string | null; in_window?: string | null; out_window?: string | null; grace_minutes?: number; workdays?: string[]; opens_before_hours?: number | null; closes_after_hours?: number | null; deduct_after_hours?: number | null; from_start?: boolean; paid_break_times?: string[] | null; round_total?: string | null; time_zone?: string | null }; result: null };
  "terminals/list": { args: { search?: string; sort?: string; descending?: boolean; offset?: number; limit?: number; only?: string; serial?: string }; result: TerminalPage };
  "users/list": { args: { search?: string; sort?: string; descending?: boolean; offset?: number; limit?: number; only?: string; serial?: string; user_id?: string }; result: UserPage };
  "users/templates": { args: { user_id: string }; result: UserTemplates };
}

export interface Subscriptions {
  "changes/subscribe": { args: {}; result: Changes };
  "drill/subscribe": { args: {}; result: DrillNow };
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

/** Has something short done; its answer comes at once. */
export async function act(hass: Hass, action: string, data: Data): Promise<Data> {
  return (await call(hass, "act", { action, data })).answer;
}
