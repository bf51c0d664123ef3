import { expect, test } from "vitest";

import { initials } from "../src/ui/face";
import { wrongWith, type Draft } from "../src/pages/rules";

const draft = (said: Partial<Draft>): Draft => ({
  start_time: "08:00",
  end_time: "16:30",
  in_window: "",
  out_window: "",
  grace_minutes: "5",
  workdays: ["mon"],
  night: false,
  ...said,
});

test.each<[Partial<Draft>, string[]]>([
  [{}, []],
  [{ grace_minutes: "-5" }, ["grace_minutes"]],
  [{ grace_minutes: "" }, ["grace_minutes"]],
  [{ grace_minutes: "1.5" }, ["grace_minutes"]],
  [{ grace_minutes: "241" }, ["grace_minutes"]],
  [{ end_time: "06:00" }, ["end_time"]],
  [{ end_time: "08:00" }, ["end_time"]],
  [{ end_time: "06:00", night: true }, []],
  [{ start_time: "", end_time: "06:00" }, []],
  [{ in_window: "07:00-09:00", out_window: "16:00 – 24:00" }, []],
  [{ in_window: "7-9" }, ["in_window"]],
  [{ out_window: "25:00-26:00" }, ["out_window"]],
  [{ workdays: [] }, ["workdays"]],
])("rules that cannot hold are told at their field: %o", (said, fields) => {
  expect(Object.keys(wrongWith(draft(said)))).toEqual(fields);
});

test.each([
  ["Amina", "A"],
  ["grace de la Okafor", "G\u200cO"],
  ["آمنہ خان", "آ\u200cخ"],
])("somebody without a picture has letters: %s", (name, letters) => {
  expect(initials(name).replace(/\u200c$/, "")).toBe(letters);
});
