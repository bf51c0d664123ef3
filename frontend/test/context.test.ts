import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Loaded, Page, type Context } from "../src/context";
import type { Hass } from "../src/hass";
import type { Topic } from "../src/types";

/** Answers when told to, and counts what it was asked. */
class Server {
  asked: string[] = [];
  answers: ((value: unknown) => void)[] = [];
  hass = {
    callWS: (message: { search?: string }) => {
      this.asked.push(message.search ?? "");
      return new Promise((resolve) => this.answers.push(resolve));
    },
  } as unknown as Hass;

  host = { ctx: { hass: () => this.hass } as unknown as Context, requestUpdate: () => {} };

  async answer(value: unknown): Promise<void> {
    this.answers.shift()?.(value);
    await vi.advanceTimersByTimeAsync(0);
  }
}

class Shown extends Page {
  protected readonly topics: readonly Topic[] = ["marks"];
  count = 0;
  protected ask(): void {
    this.count += 1;
  }
}
customElements.define("test-shown", Shown);

const seen = (filters: string, marks: number): Context =>
  ({
    place: { page: "live", filters: new URLSearchParams(filters) },
    changed: { terminals: 0, people: 0, punches: 0, marks },
  }) as unknown as Context;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("what is asked while the same is under way is asked once more, and not more often", async () => {
  const server = new Server();
  const people = new Loaded(server.host, "people/list");
  for (let time = 0; time < 5; time += 1) void people.ask({ search: "a" });
  expect(server.asked).toEqual(["a"]);
  await server.answer("first");
  expect(server.asked).toEqual(["a", "a"]);
  await server.answer("second");
  expect(server.asked).toEqual(["a", "a"]);
  expect([people.value, people.busy]).toEqual(["second", false]);
});

test("something else is asked at once, and what was asked before does not count", async () => {
  const server = new Server();
  const people = new Loaded(server.host, "people/list");
  void people.ask({ search: "a" });
  void people.ask({ search: "a" });
  void people.ask({ search: "b" });
  expect(server.asked).toEqual(["a", "b"]);
  await server.answer("of a");
  expect([people.value, people.busy]).toEqual([undefined, true]);
  await server.answer("of b");
  expect([people.value, people.busy]).toEqual(["of b", false]);
  expect(server.asked).toEqual(["a", "b"]);
});

test("a page looks at what changes many times a second once, and at another address at once", async () => {
  const page = new Shown();
  const show = async (filters: string, marks: number): Promise<number> => {
    page.ctx = seen(filters, marks);
    await page.updateComplete;
    return page.count;
  };
  document.body.append(page);
  expect(await show("", 0)).toBe(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(await show("", 1)).toBe(2);
  for (let marks = 2; marks < 9; marks += 1) expect(await show("", marks)).toBe(2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(page.count).toBe(3);
  expect(await show("", 9)).toBe(3);
  // The address brings it along.
  expect(await show("search=a", 9)).toBe(4);
  await vi.advanceTimersByTimeAsync(5000);
  expect(page.count).toBe(4);
});

test("a page that is put away asks nothing, and looks again when it is back", async () => {
  const page = new Shown();
  document.body.append(page);
  page.ctx = seen("", 0);
  await page.updateComplete;
  page.ctx = seen("", 1);
  await page.updateComplete;
  page.remove();
  await vi.advanceTimersByTimeAsync(5000);
  expect(page.count).toBe(1);
  document.body.append(page);
  page.ctx = seen("", 1);
  await page.updateComplete;
  expect(page.count).toBe(2);
});
