/** A subscription that outlives restarts of Home Assistant. */

import type { Subscriptions } from "./api";
import type { Connection } from "./hass";

// Milliseconds after which it is tried again: after a restart SyncID comes up later than the connection does.
const WAITS = [500, 1000, 2000, 5000];

/**
 * Home Assistant's own way to subscribe again gives up for good when the command is not known yet, which it is not
 * for some seconds after a restart.
 */
export class Subscription<K extends keyof Subscriptions> {
  private end?: () => Promise<void> | void;
  private timer?: ReturnType<typeof setTimeout>;
  private tries = 0;
  // Which attempt counts; what an older one brings is not listened to.
  private turn = 0;
  private running = false;

  constructor(
    private connection: Connection,
    private command: K,
    private tell: (event: Subscriptions[K]["result"]) => void,
    private onState: (subscribed: boolean) => void = () => {},
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    this.connection.addEventListener("ready", this.again);
    this.connection.addEventListener("disconnected", this.lost);
    void this.subscribe();
  }

  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.turn += 1;
    clearTimeout(this.timer);
    this.connection.removeEventListener("ready", this.again);
    this.connection.removeEventListener("disconnected", this.lost);
    this.unsubscribe();
  }

  private again = (): void => {
    this.end = undefined; // it went with the connection
    this.tries = 0;
    void this.subscribe();
  };

  private lost = (): void => {
    this.turn += 1;
    this.end = undefined;
    clearTimeout(this.timer);
    this.onState(false);
  };

  private unsubscribe(): void {
    const end = this.end;
    this.end = undefined;
    if (end) void Promise.resolve(end()).catch(() => {});
  }

  private async subscribe(): Promise<void> {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    try {
      const end = await this.connection.subscribeMessage<Subscriptions[K]["result"]>(
        (event) => turn === this.turn && this.tell(event),
        { type: `syncid/${this.command}` },
        { resubscribe: false },
      );
      if (turn !== this.turn) {
        void Promise.resolve(end()).catch(() => {});
        return;
      }
      this.end = end;
      this.tries = 0;
      this.onState(true);
    } catch {
      if (turn !== this.turn) return;
      this.onState(false);
      const wait = WAITS[Math.min(this.tries, WAITS.length - 1)];
      this.tries += 1;
      this.timer = setTimeout(() => void this.subscribe(), wait);
    }
  }
}
