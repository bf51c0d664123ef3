/**
 * What is written and not saved yet. Home Assistant puts a panel away that nobody looks at for some minutes, and
 * makes another one; what was written in it is to be there still, in this tab, and for no longer than the tab is.
 */

const keyOf = (what: string): string => `syncid-draft ${what}`;

export function kept<T>(what: string): T | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(keyOf(what)) ?? "null") as T | null) ?? undefined;
  } catch {
    return undefined; // not by us
  }
}

/** Keeps it, or nothing of it any more. */
export function keep(what: string, draft?: unknown): void {
  try {
    if (draft) sessionStorage.setItem(keyOf(what), JSON.stringify(draft));
    else sessionStorage.removeItem(keyOf(what));
  } catch {
    // There is no room, or none is given: it is there as long as the panel is.
  }
}

/** What of a draft is not as it is kept, if anything: what others change meanwhile is not written over. */
export function unlike<T extends object>(kept: T, draft: Partial<T>): Partial<T> | undefined {
  const isOther = ([key, value]: [string, unknown]): boolean => JSON.stringify(value) !== JSON.stringify(kept[key as keyof T]);
  const changed = Object.entries(draft).filter(isOther);
  return changed.length ? (Object.fromEntries(changed) as Partial<T>) : undefined;
}
