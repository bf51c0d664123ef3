import { expect, test } from "vitest";

import { addressOf, placeOf } from "../src/router";

test("a place is known by its address, both ways", () => {
  const address = addressOf("people", "A/1 ü", { search: "x y", only: "" });
  const [path = "", search = ""] = address.split("?");
  const place = placeOf({ prefix: "/syncid", path: path.replace("/syncid", "") }, `?${search}`);
  expect(place.page).toBe("people");
  expect(place.item).toBe("A/1 ü");
  expect([...place.filters]).toEqual([["search", "x y"]]);
});

test("an address of nothing is the first page", () => {
  expect(placeOf({ prefix: "/syncid", path: "" }, "").page).toBe("live");
  expect(placeOf({ prefix: "/syncid", path: "/gone/1" }, "")).toMatchObject({ page: "live", item: undefined });
});
