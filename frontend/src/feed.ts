/** The last punches, newest first, each once. */

import type { PunchEvent, PunchRow } from "./types";

/** What names a punch: the terminal, the user, and the second. */
export const keyOf = (punch: PunchRow): string => `${punch.device}|${punch.user_id}|${punch.time}`;

export class Feed {
  readonly most: number;
  private rows: PunchRow[] = [];
  private keys = new Set<string>();
  // While paused, what comes is counted, and shown when it goes on.
  private waiting: PunchRow[] = [];
  paused = false;

  constructor(most = 500) {
    this.most = most;
  }

  get punches(): readonly PunchRow[] {
    return this.rows;
  }

  get held(): number {
    return this.waiting.length;
  }

  take(event: PunchEvent): PunchRow[] {
    if (event.reset) {
      this.rows = [];
      this.keys.clear();
      this.waiting = [];
    }
    // What is told once more has another picture by now.
    const told = new Map(event.punches.map((punch) => [keyOf(punch), punch]));
    for (const punch of [...this.rows, ...this.waiting]) {
      const key = keyOf(punch);
      punch.picture = told.get(key)?.picture ?? punch.picture;
      told.delete(key);
    }
    if (this.paused && !event.reset) {
      this.waiting.push(...told.values());
      // Who looks away for a day needs no more than a page can show.
      this.waiting.splice(0, this.waiting.length - this.most);
      return [];
    }
    return this.add([...told.values()]);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    const waiting = this.waiting;
    this.waiting = [];
    this.add(waiting);
  }

  private add(punches: readonly PunchRow[]): PunchRow[] {
    const fresh = punches.filter((punch) => {
      const key = keyOf(punch);
      return !this.keys.has(key) && this.keys.add(key);
    });
    if (!fresh.length) return fresh;
    const moment = (punch: PunchRow): number => Date.parse(punch.time);
    this.rows = [...fresh, ...this.rows].sort((a, b) => moment(b) - moment(a));
    for (const dropped of this.rows.splice(this.most)) this.keys.delete(keyOf(dropped));
    // A late photo of what is long off the list has its punch told once more.
    return fresh.filter((punch) => this.keys.has(keyOf(punch)));
  }
}
