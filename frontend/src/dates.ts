/** Dates as they go over the wire, `2026-11-21`, reckoned with. */

/** The date some days from another. */
export function shifted(date: string, days: number): string {
  return new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The first of the month some months from a date's. */
export function monthOf(date: string, months = 0): string {
  const [year = 0, month = 1] = date.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10);
}
