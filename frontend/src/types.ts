/**
 * What goes over the wire: `custom_components/syncid/panel/payloads.py` in TypeScript.
 *
 * tests/contract/test_panel.py compares the two.
 */

export type JobState = "running" | "done" | "failed" | "cancelled";
export type Road = "terminal" | "push";
export type TerminalState = "ready" | "starting" | "retrying" | "failed" | "disabled";
export type Topic = "terminals" | "people" | "punches";

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
  terminals: number;
  online: number;
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
  missing: string[];
  different: string[];
  extra: string[];
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

export interface Progress {
  step: string;
  presses: number;
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
  data: Record<string, unknown>;
}
