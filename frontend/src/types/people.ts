/** Of people, and of tables of them: `custom_components/syncid/panel/people_payloads.py` in TypeScript. */

export interface PersonPlace {
  serial: string;
  terminal: string;
  device_id: string | null;
  user_id: string;
}

export interface PersonRow {
  person_id: string;
  name: string;
  external_id: string;
  kind: string;
  groups: string[];
  valid_from: string | null;
  valid_until: string | null;
  users: PersonPlace[];
  status: string | null;
  presence: string | null;
}

export interface PeoplePage {
  total: number;
  count: number;
  groups: string[];
  unmapped: number;
  people: PersonRow[];
}

export interface Nobody {
  serial: string;
  terminal: string;
  device_id: string | null;
  user_id: string;
  name: string;
  punches: number;
  person_id: string | null;
  person: string | null;
  score: number;
  basis: string | null;
  rivals: number;
}

export interface NobodyPage {
  count: number;
  certain: number;
  users: Nobody[];
}

export interface Adopted {
  people: number;
  unnamed: number;
  users: number;
  marks: number;
}

export interface DoubleRow {
  first: PersonRow;
  second: PersonRow;
  basis: string;
}

export interface DoublePage {
  count: number;
  doubles: DoubleRow[];
}

export interface Holding {
  person: PersonRow;
  punches: number;
  marks: number;
  corrections: number;
  rota: number;
  leave: number;
}

export interface Holdings {
  people: Holding[];
}

export interface RowProblem {
  reason: string;
  value: string;
}

export interface RowChange {
  field: string;
  before: string;
  after: string;
}

export interface ImportRow {
  row: number;
  name: string;
  before: string;
  action: string;
  changes: RowChange[];
  users: string[];
  problems: RowProblem[];
}

export interface ImportPage {
  file: string;
  done: boolean;
  good: boolean;
  counts: Record<string, number>;
  mappings: number;
  ignored: string[];
  marks: number;
  count: number;
  rows: ImportRow[];
}
