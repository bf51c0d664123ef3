/** Of rules and plans: `custom_components/syncid/panel/rule_payloads.py` in TypeScript. */

export interface ShiftRow {
  id: string;
  name: string;
  start: string | null;
  end: string | null;
  grace_minutes: number;
  early_grace_minutes: number;
  flexible_minutes: number;
  in_window: string | null;
  out_window: string | null;
  workdays: string[];
  breaks: string[];
  paid_breaks: boolean;
  deduct_minutes: number;
  required_hours: number | null;
  half_day_hours: number | null;
  absent_hours: number | null;
  overtime: string;
  overtime_minutes: number;
  missing_out: string;
  opens_before_hours: number | null;
  closes_after_hours: number | null;
  deduct_after_hours: number | null;
  from_start: boolean;
  paid_break_times: string[];
  hours: string;
  keys: string;
  minimum_gap: number | null;
  cap_hours: number | null;
  rounding_minutes: number;
  round_arrival: string;
  round_departure: string;
  round_total: string;
  people: string[];
  groups: string[];
  more: number;
  terminals: string[];
}

export interface HolidayRow {
  date: string;
  name: string;
}

export interface LeaveRow {
  who: string;
  name: string;
  group: boolean;
  kind: "leave" | "excuse";
  start: string;
  end: string;
  from_time: string | null;
  until_time: string | null;
  note: string;
}

export interface RotaRow {
  who: string;
  name: string;
  group: boolean;
  start: string;
  end: string;
  shift: string | null;
}

export interface RuleBook {
  usual: ShiftRow;
  workdays_chosen: boolean;
  shifts: ShiftRow[];
  holidays: HolidayRow[];
  leave: LeaveRow[];
  rota: RotaRow[];
  plans: number;
  past: boolean;
  time_zone: string | null;
  zone: string;
  entry_id: string | null;
}

export interface Differs {
  person: string;
  before: string | null;
  after: string;
}

export interface Preview {
  date: string;
  before: Record<string, number>;
  after: Record<string, number>;
  differs: Differs[];
}
