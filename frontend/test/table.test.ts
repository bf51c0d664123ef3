import { afterEach, expect, test } from "vitest";

import "../src/ui/table";
import type { SidTable, Sorted } from "../src/ui/table";

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
    words: { sortBy: "Sort", previous: "Back", next: "On", range: (a: number, b: number, c: number) => `${a}-${b}/${c}` },
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

test("sorting is asked for, and turned round the second time", async () => {
  const table = await show({ sorted: { sort: "name", descending: false } });
  const asked: Sorted[] = [];
  table.addEventListener("sort-by", (event) => asked.push((event as CustomEvent<Sorted>).detail));
  expect(all(table, "th")[0]?.getAttribute("aria-sort")).toBe("ascending");
  all(table, "th button")[0]?.click();
  expect(asked).toEqual([{ sort: "name", descending: true }]);
});

test("pages are turned, but not beyond the last", async () => {
  const table = await show({ offset: 4, rows: [{ id: "5", name: "Elif" }] });
  const turned: number[] = [];
  table.addEventListener("turn", (event) => turned.push((event as CustomEvent<number>).detail));
  const [previous, next] = all(table, "nav button") as HTMLButtonElement[];
  expect(all(table, "nav span")[0]?.textContent).toBe("5-5/5");
  expect(next?.disabled).toBe(true);
  previous?.click();
  expect(turned).toEqual([2]);
});
