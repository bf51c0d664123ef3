import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Connection, Message } from "../src/hass";
import { Subscription } from "../src/subscription";
import type { JobList } from "../src/types";

class FakeConnection implements Connection {
  heard: Record<string, (() => void)[]> = { ready: [], disconnected: [] };
  told: ((event: unknown) => void)[] = [];
  ended = 0;
  refuse = 0;
  asked: Message[] = [];

  addEventListener(event: "ready" | "disconnected", heard: () => void): void {
    this.heard[event]?.push(heard);
  }
  removeEventListener(event: "ready" | "disconnected", heard: () => void): void {
    this.heard[event] = this.heard[event]?.filter((one) => one !== heard) ?? [];
  }
  async subscribeMessage<T>(tell: (event: T) => void, message: Message): Promise<() => void> {
    this.asked.push(message);
    if (this.refuse > 0) {
      this.refuse -= 1;
      throw { code: "unknown_command", message: "Unknown command." };
    }
    this.told.push(tell as (event: unknown) => void);
    return () => {
      this.ended += 1;
    };
  }
  fire(event: "ready" | "disconnected"): void {
    for (const heard of this.heard[event] ?? []) heard();
  }
}

const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => {});
let connection: FakeConnection;
let events: JobList[];
let states: boolean[];
let subscription: Subscription<"jobs/subscribe">;

beforeEach(() => {
  vi.useFakeTimers();
  connection = new FakeConnection();
  events = [];
  states = [];
  subscription = new Subscription(connection, "jobs/subscribe", (event) => events.push(event), (on) => states.push(on));
});
afterEach(() => {
  subscription.stop();
  vi.useRealTimers();
});

test("it tells what comes until it is stopped", async () => {
  subscription.start();
  await settle();
  connection.told[0]?.({ jobs: [] });
  expect(events).toHaveLength(1);
  subscription.stop();
  connection.told[0]?.({ jobs: [] });
  expect(events).toHaveLength(1);
  expect(connection.ended).toBe(1);
});

test("a restart of Home Assistant, after which the command is not known for a while", async () => {
  subscription.start();
  await settle();
  connection.fire("disconnected");
  connection.refuse = 2;
  connection.fire("ready");
  await settle();
  expect(connection.told).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(500);
  await vi.advanceTimersByTimeAsync(1000);
  expect(connection.told).toHaveLength(2);
  connection.told[0]?.({ jobs: [] }); // of the old connection
  expect(events).toHaveLength(0);
  connection.told[1]?.({ jobs: [] });
  expect(events).toHaveLength(1);
  expect(states.at(-1)).toBe(true);
  expect(states).toContain(false);
});

test("stopped while it is being asked for, it ends as soon as it is there", async () => {
  subscription.start();
  subscription.stop();
  await settle();
  expect(connection.ended).toBe(1);
  expect(connection.heard.ready).toEqual([]);
});
