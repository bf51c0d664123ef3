import { expect, test } from "vitest";

import { addressOf, filtersOf, isOurs, placeOf } from "../src/router";
import { lastPage } from "../src/ui/pager";

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

test("what of a list an address wants is taken as far as it can be", () => {
  const wanted = (search: string) => filtersOf(placeOf({ pathname: "/syncid/people", search }), ["name", "status"]);
  expect(wanted("")).toEqual({ search: "", sort: "name", descending: false, offset: 0 });
  expect(wanted("?search=am&sort=status&down=1&from=50")).toEqual({ search: "am", sort: "status", descending: true, offset: 50 });
  for (const from of ["-5", "x", "NaN", ""]) expect(wanted(`?sort=height&from=${from}`)).toEqual(wanted(""));
});

test.each([
  [0, 0],
  [1, 0],
  [50, 0],
  [51, 50],
  [100, 50],
])("the last page of %i begins at %i", (count, from) => {
  expect(lastPage(count, 50)).toBe(from);
});
