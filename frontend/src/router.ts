/** Where the admin is: the address is the only thing that knows. */

import type { Route } from "./hass";

export const PAGES = ["live", "terminals", "people"] as const;
export type PageName = (typeof PAGES)[number];

export interface Place {
  page: PageName;
  /** What of the page: a serial number, a user id. */
  item?: string;
  filters: URLSearchParams;
}

export function placeOf(route: Route | undefined, search: string): Place {
  const [first, second] = (route?.path ?? "").split("/").filter(Boolean);
  const page = PAGES.find((name) => name === first) ?? "live";
  return {
    page,
    item: page === first && second ? decodeURIComponent(second) : undefined,
    filters: new URLSearchParams(search),
  };
}

export function addressOf(page: PageName, item?: string, filters: Record<string, string> = {}): string {
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
