import { expect, test } from "vitest";

import { addressOf, isOurs, placeOf } from "../src/router";

test("a place is known by its address, both ways", () => {
  const address = addressOf("people", "A/1 ü", { search: "x y", only: "" });
  const place = placeOf(new URL(address, "http://home"));
  expect(place.page).toBe("people");
  expect(place.item).toBe("A/1 ü");
  expect([...place.filters]).toEqual([["search", "x y"]]);
});

test("an address of nothing is the first page", () => {
  expect(placeOf(new URL("http://home/syncid"))).toMatchObject({ page: "live", item: undefined });
  expect(placeOf(new URL("http://home/syncid/gone/1"))).toMatchObject({ page: "live", item: undefined });
});

test("other pages of Home Assistant are not ours", () => {
  expect(isOurs(new URL("http://home/syncid?a=b"))).toBe(true);
  expect(isOurs(new URL("http://home/syncid/people"))).toBe(true);
  expect(isOurs(new URL("http://home/syncidea"))).toBe(false);
});
