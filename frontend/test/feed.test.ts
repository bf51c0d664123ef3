import { expect, test } from "vitest";

import { Feed } from "../src/feed";
import type { PunchRow } from "../src/types";

const punch = (user: string, time: string): PunchRow => ({
  device: "A1",
  device_id: null,
  device_name: "Gate",
  user_id: user,
  user_name: null,
  person_id: null,
  person: null,
  time,
  direction: "check_in",
  method: "face",
  source: "realtime",
  picture: null,
  live: true,
});
const users = (feed: Feed): string[] => feed.punches.map((one) => one.user_id);

test("newest first, whatever the zone in which a time is written", () => {
  const feed = new Feed();
  feed.take({ reset: true, punches: [punch("1", "2026-11-21T08:00:00+01:00")] });
  feed.take({ reset: false, punches: [punch("2", "2026-11-21T06:59:00+00:00")] });
  feed.take({ reset: false, punches: [punch("3", "2026-11-21T07:01:00+00:00")] });
  expect(users(feed)).toEqual(["3", "1", "2"]);
});

test("a punch that is told twice is there once", () => {
  const feed = new Feed();
  const one = punch("1", "2026-11-21T08:00:00Z");
  feed.take({ reset: true, punches: [one] });
  expect(feed.take({ reset: false, punches: [one] })).toEqual([]);
  expect(users(feed)).toEqual(["1"]);
});

test("a new beginning forgets what was", () => {
  const feed = new Feed();
  feed.take({ reset: true, punches: [punch("1", "2026-11-21T08:00:00Z")] });
  feed.take({ reset: true, punches: [punch("2", "2026-11-21T08:00:00Z")] });
  expect(users(feed)).toEqual(["2"]);
});

test("no more than it may hold, and what fell out is no news when it is told again", () => {
  const feed = new Feed(2);
  const [a, b, c] = [1, 2, 3].map((at) => punch(String(at), `2026-11-21T08:00:0${at}Z`));
  feed.take({ reset: true, punches: [a!, b!, c!] });
  expect(users(feed)).toEqual(["3", "2"]);
  expect(feed.take({ reset: false, punches: [{ ...a!, picture: "/photo" }] })).toEqual([]);
  expect(users(feed)).toEqual(["3", "2"]);
});

test("ten punches a second for ten minutes leave what a page can show", () => {
  const feed = new Feed();
  const begin = Date.UTC(2026, 10, 21, 8);
  let most = 0;
  for (let at = 0; at < 6000; at += 1) {
    if (at === 2000) feed.pause();
    if (at === 4000) feed.resume();
    feed.take({ reset: at === 0, punches: [punch(String(at), new Date(begin + at * 100).toISOString())] });
    most = Math.max(most, feed.punches.length + feed.held);
  }
  expect(most).toBe(2 * feed.most);
  expect(users(feed)).toEqual(Array.from({ length: 500 }, (_, at) => String(5999 - at)));
  // Nor is anything remembered of what fell out.
  expect(feed["keys"].size).toBe(feed.most);
});

test("while it is paused, punches are counted and wait", () => {
  const feed = new Feed();
  feed.take({ reset: true, punches: [] });
  feed.pause();
  feed.take({ reset: false, punches: [punch("1", "2026-11-21T08:00:00Z")] });
  expect(users(feed)).toEqual([]);
  expect(feed.held).toBe(1);
  feed.resume();
  expect(users(feed)).toEqual(["1"]);
  expect(feed.held).toBe(0);
});

test("a photo that follows its punch is shown with it, and is no news", () => {
  const feed = new Feed();
  const one = punch("1", "2026-11-21T08:00:00Z");
  feed.take({ reset: true, punches: [one, punch("2", "2026-11-21T07:00:00Z")] });
  expect(feed.take({ reset: false, punches: [{ ...one, picture: "/photo" }] })).toEqual([]);
  expect(feed.punches.map((row) => row.picture)).toEqual(["/photo", null]);
  feed.take({ reset: false, punches: [one] });
  expect(feed.punches[0]?.picture).toBe("/photo");
});

test("a photo that comes while it is paused is not counted", () => {
  const feed = new Feed();
  const [a, b] = [punch("1", "2026-11-21T08:00:00Z"), punch("2", "2026-11-21T08:01:00Z")];
  feed.take({ reset: true, punches: [a!] });
  feed.pause();
  feed.take({ reset: false, punches: [b!] });
  feed.take({ reset: false, punches: [{ ...a!, picture: "/a" }, { ...b!, picture: "/b" }] });
  expect(feed.held).toBe(1);
  feed.resume();
  expect(feed.punches.map((row) => row.picture)).toEqual(["/b", "/a"]);
});
