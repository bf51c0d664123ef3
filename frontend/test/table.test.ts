import { afterEach, expect, test } from "vitest";

import "../src/ui/table";
import type { Context } from "../src/context";
import type { Filters } from "../src/router";
import type { SidTable } from "../src/ui/table";

interface Row {
  id: string;
  name: string;
}

async function show(changed: Partial<SidTable<Row>>): Promise<SidTable<Row>> {
  const table = document.createElement("sid-table") as SidTable<Row>;
  Object.assign(table, {
    columns: [
      { key: "name", title: "Name", sortable: true, main: true, cell: (row: Row) => row.name },
      { key: "id", title: "ID", cell: (row: Row) => row.id },
    ],
    rows: [
      { id: "1", name: "Amina" },
      { id: "2", name: "Bilal" },
    ],
    rowKey: (row: Row) => row.id,
    rowLabel: (row: Row) => `Open ${row.name}`,
    ctx: {
      t: (key: string, values?: object) => [key, ...Object.values(values ?? {})].join(" "),
      f: { number: String },
    } as unknown as Context,
    limit: 2,
    count: 5,
    ...changed,
  });
  document.body.append(table);
  await table.updateComplete;
  return table;
}
const all = (table: SidTable<Row>, what: string): HTMLElement[] => [
  ...(table.shadowRoot?.querySelectorAll<HTMLElement>(what) ?? []),
];
afterEach(() => document.body.replaceChildren());

test("a row is opened by its button, which says whose it is", async () => {
  const table = await show({ openable: true });
  const opened: Row[] = [];
  table.addEventListener("open-row", (event) => opened.push((event as CustomEvent<Row>).detail));
  const [button] = all(table, "button.open");
  expect(button?.getAttribute("aria-label")).toBe("Open Amina");
  button?.click();
  expect(opened.map((row) => row.id)).toEqual(["1"]);
});

function heard(table: SidTable<Row>): Filters[] {
  const asked: Filters[] = [];
  table.addEventListener("filter", (event) => asked.push((event as CustomEvent<Filters>).detail));
  return asked;
}

test("sorting is asked for, and turned round the second time", async () => {
  const table = await show({ shown: { offset: 0, sort: "name", descending: false } });
  const asked = heard(table);
  expect(all(table, "th")[0]?.getAttribute("aria-sort")).toBe("ascending");
  all(table, "th button")[0]?.click();
  expect(asked).toEqual([{ sort: "name", down: "1" }]);
});

test("what has no headings on a phone is sorted all the same", async () => {
  const columns = ["name", "id", "place"].map((key) => ({ key, title: key, sortable: key !== "place", cell: () => "" }));
  const table = await show({ columns, shown: { offset: 0, sort: "id", descending: true } });
  const asked = heard(table);
  const [select] = all(table, "select") as HTMLSelectElement[];
  expect([...select!.options].map((one) => one.value)).toEqual(["name", "id"]);
  expect(select!.value).toBe("id");
  select!.value = "name";
  select!.dispatchEvent(new Event("change"));
  const [turn] = all(table, ".by button");
  expect(turn?.getAttribute("aria-pressed")).toBe("true");
  turn?.click();
  expect(asked).toEqual([
    { sort: "name", down: "" },
    { sort: "id", down: "" },
  ]);
});

test("what cannot be sorted does not offer it", async () => {
  expect(all(await show({}), "select")).toEqual([]);
});

test("rows are rows to who hears them, however they are drawn", async () => {
  const table = await show({});
  const roles = (what: string): (string | null)[] => [...new Set(all(table, what).map((one) => one.getAttribute("role")))];
  expect(["table", "tbody", "tr", "th", "td"].map(roles)).toEqual([["table"], ["rowgroup"], ["row"], ["columnheader"], ["cell"]]);
  expect(all(table, "td").map((one) => one.dataset.title)).toEqual(["Name", "ID", "Name", "ID"]);
});

test("pages are turned, but not beyond the last", async () => {
  const table = await show({ shown: { offset: 4 }, rows: [{ id: "5", name: "Elif" }] });
  const asked = heard(table);
  const [previous, next] = all(table, "nav button") as HTMLButtonElement[];
  expect(all(table, "nav span")[0]?.textContent).toBe("common.range 5 5 5");
  expect(next?.disabled).toBe(true);
  previous?.click();
  expect(asked).toEqual([{ from: "2" }]);
});
