/**
 * What goes over the wire: `custom_components/syncid/panel/payloads.py` in TypeScript.
 *
 * tests/contract/test_panel.py compares the two.
 */

export type * from "./types/people";
export type * from "./types/rules";

export type JobState = "running" | "done" | "failed" | "cancelled";
export type Road = "terminal" | "push";
export type TerminalState = "ready" | "starting" | "retrying" | "failed" | "inactive" | "disabled";
export type Topic = "terminals" | "people" | "punches" | "marks";

export interface Info {
  version: string;
  build: string | null;
}

export interface Changes {
  topics: Topic[];
}

export interface PunchRow {
  device: string;
  device_id: string | null;
  device_name: string | null;
  user_id: string;
  user_name: string | null;
  person_id: string | null;
  person: string | null;
  time: string;
  direction: string;
  method: string;
  source: string;
  picture: string | null;
  live: boolean | null;
}

export interface PunchPage {
  punches: PunchRow[];
  cursor: string | null;
}

export interface PunchEvent {
  reset: boolean;
  punches: PunchRow[];
}

export interface Today {
  date: string;
  punches: number;
  users: number;
  hours: number[];
  arrivals: number[];
  terminals: number;
  online: number;
  people: number;
  statuses: Record<string, number>;
  on_site: number;
  unmapped: number;
}

export interface Bar {
  kind: "users" | "fingerprints" | "faces" | "records";
  used: number;
  room: number;
}

export interface Problem {
  message: string;
  key: string | null;
  values: Record<string, string> | null;
}

export interface TerminalRow {
  entry_id: string;
  device_id: string | null;
  serial: string;
  name: string;
  road: Road;
  mode: string;
  state: TerminalState;
  problem: Problem | null;
  online: boolean | null;
  address: string | null;
  model: string | null;
  firmware: string | null;
  clock_drift: number | null;
  bars: Bar[];
  last_seen: string | null;
  last_punch: string | null;
  last_delivery: string | null;
  waiting: number | null;
  actions: string[];
}

export interface TerminalPage {
  total: number;
  online: number;
  troubled: number;
  count: number;
  terminals: TerminalRow[];
}

export interface Follower {
  serial: string;
  name: string;
  device_id: string | null;
  to_sync: number | null;
  missing: number;
  different: number;
  extra: number;
  checked: string | null;
  retry: string | null;
}

export interface GroupRow {
  id: string;
  name: string;
  leader: string;
  leader_name: string;
  remove_extra: boolean;
  followers: Follower[];
}

export interface Groups {
  groups: GroupRow[];
}

export interface BackupRow {
  file: string;
  size: number;
  made: string;
}

export interface Backups {
  backups: BackupRow[];
}

export interface UserPlace {
  serial: string;
  terminal: string;
  device_id: string | null;
  name: string;
  role: string;
  disabled: boolean;
}

export interface UserRow {
  user_id: string;
  name: string;
  differs: boolean;
  person_id: string | null;
  person: string | null;
  places: UserPlace[];
}

export interface UserPage {
  total: number;
  count: number;
  users: UserRow[];
}

export interface Enrolled {
  serial: string;
  terminal: string;
  fingerprints: number | null;
  faces: number | null;
  problem: Problem | null;
}

export interface UserTemplates {
  places: Enrolled[];
}

export interface Done {
  answer: Record<string, unknown>;
}

export interface DayRow {
  person_id: string;
  person: string;
  external_id: string;
  groups: string[];
  date: string;
  status: string;
  final: boolean;
  presence: string;
  first_in: string | null;
  last_out: string | null;
  late_minutes: number;
  hours: number;
  overtime_minutes: number;
  flags: string[];
}

export interface DayPage {
  date: string;
  count: number;
  counts: Record<string, number>;
  groups: string[];
  days: DayRow[];
}

export interface MonthRow {
  person_id: string;
  person: string;
  days: (string | null)[];
  open: number[];
}

export interface MonthPage {
  month: string;
  weekday: number;
  length: number;
  count: number;
  groups: string[];
  late: number[];
  people: MonthRow[];
}

export interface Why {
  key: string;
  values: Record<string, string>;
  text: string;
}

export interface DayPunch {
  device: string;
  device_id: string | null;
  device_name: string | null;
  time: string;
  made: string;
  direction: string;
  method: string;
  added: boolean;
  voided: boolean;
}

export interface Said {
  kind: string;
  by: string;
  at: string;
  why: string;
  status: string | null;
  time: string | null;
  direction: string | null;
}

export interface Traced {
  at: string;
  cause: string;
  status: string;
  final: boolean;
}

export interface DayDetail {
  day: DayRow | null;
  shift: string | null;
  reasons: Why[];
  punches: DayPunch[];
  punch_count: number;
  said: Said[];
  trace: Traced[];
}

export interface Exported {
  url: string;
  days: number;
}

export interface Present {
  person_id: string;
  person: string;
  presence: string;
  since: string | null;
  last_seen: string | null;
  device: string | null;
  area: string | null;
  not_checked_out: boolean;
  accounted: boolean | null;
  accounted_at: string | null;
}

export interface AssemblyPoint {
  serial: string;
  name: string;
}

export interface Drill {
  started: string;
  by: string;
  assembly: string[];
}

export interface DrillNow {
  drill: Drill | null;
}

export interface RollCall {
  call: string;
  time: string;
  drill_started: string | null;
  count: number;
  missing: number;
  not_checked_out: number;
  people: Present[];
  points: AssemblyPoint[];
  unknown: number;
  strangers: string[];
}

export interface Progress {
  step: string;
  presses: number;
  device: string;
  done: number;
  of: number;
  name: string | null;
}

export interface Job {
  id: string;
  action: string;
  plan: boolean;
  targets: string[];
  user_id: string | null;
  state: JobState;
  started: string;
  ended: string | null;
  progress: Progress | null;
  problem: Problem | null;
}

export interface JobList {
  jobs: Job[];
}

export interface JobDetail {
  job: Job;
  result: Record<string, unknown> | null;
}
