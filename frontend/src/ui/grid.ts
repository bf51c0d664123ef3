/** A table of buttons that is one stop for the tab key: within it, arrow keys lead from each to the next. */

/** Makes a button the stop, and no other: the one that was while it is there, unless another is said. */
export function stopAt(table: Element | null, button?: HTMLElement): void {
  const was = table?.querySelector<HTMLElement>("button[tabindex='0']");
  const now = button ?? was ?? table?.querySelector("button");
  if (was) was.tabIndex = -1;
  if (now) now.tabIndex = 0;
}

/** Goes where a key leads. Where there is no button, the next one that way is meant. */
export function walk(event: KeyboardEvent, rtl: boolean): void {
  const here = event.target as HTMLElement;
  const table = here.closest("table");
  const all = [...(table?.querySelectorAll<HTMLElement>("button") ?? [])];
  const [at, row] = [here.closest("td")?.cellIndex, here.closest("tr")];
  const line = all.filter((one) => one.closest("tr") === row);
  const column = all.filter((one) => one.closest("td")?.cellIndex === at);
  const from = (among: HTMLElement[], by: number) => among[among.indexOf(here) + by] ?? here;
  const ends = event.ctrlKey ? all : line;
  const to = {
    ArrowRight: from(line, rtl ? -1 : 1),
    ArrowLeft: from(line, rtl ? 1 : -1),
    ArrowDown: from(column, 1),
    ArrowUp: from(column, -1),
    Home: ends[0],
    End: ends.at(-1),
  }[event.key];
  if (!to || event.altKey || event.metaKey) return;
  event.preventDefault();
  to.focus();
}
