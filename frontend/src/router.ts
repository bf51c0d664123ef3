/** Where the admin is: the address is the only thing that knows. */

export const PAGES = ["live", "attendance", "people", "terminals", "rules"] as const;
export type PageName = (typeof PAGES)[number];

export interface Place {
  page: PageName;
  /** What of the page: a serial number, a user id. */
  item?: string;
  filters: URLSearchParams;
}

type Address = Pick<Location, "pathname" | "search">;

/** Whether an address is one of the panel's. */
export const isOurs = ({ pathname }: Address): boolean => /^\/syncid(\/|$)/.test(pathname);

export function placeOf({ pathname, search }: Address): Place {
  const [, first, second] = pathname.split("/").filter(Boolean);
  const page = PAGES.find((name) => name === first) ?? "live";
  return {
    page,
    item: page === first && second ? decoded(second) : undefined,
    filters: new URLSearchParams(search),
  };
}

export type Filters = Record<string, string>;

/** Which part of a list an address wants, and in which order; what it says that cannot be is not heard. */
export function filtersOf<S extends string>({ filters }: Place, sorts: readonly S[] = []) {
  return {
    search: filters.get("search") ?? "",
    sort: (sorts.find((one) => one === filters.get("sort")) ?? sorts[0]) as S,
    descending: filters.get("down") === "1",
    offset: Math.max(0, Math.trunc(Number(filters.get("from"))) || 0),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // written by hand
  }
}

export function addressOf(page: PageName, item?: string, filters: Filters = {}): string {
  const kept = Object.entries(filters).filter(([, value]) => value);
  const search = new URLSearchParams(kept).toString();
  return `/syncid/${page}${item ? `/${encodeURIComponent(item)}` : ""}${search ? `?${search}` : ""}`;
}

/** Goes somewhere: with a step back to here, or in its place. */
export function go(address: string, replace = false): void {
  if (replace) history.replaceState(history.state, "", address);
  else history.pushState(null, "", address);
  window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace } }));
}
