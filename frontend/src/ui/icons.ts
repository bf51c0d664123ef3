/** Pictograms of Material Design Icons, in a file of our own beside the module: frontend/icons.mjs makes it. */

import { html, type TemplateResult } from "lit";

/** The hash of that file, put in by the build: an address of its own for what it holds. */
declare const SPRITE: string;

/** What there is; the build writes the bare name where it is used. */
export const enum mdi {
  account = "account",
  back = "back",
  backup = "backup",
  calendar = "calendar",
  card = "card",
  clear = "clear",
  clock = "clock",
  clockWrong = "clockWrong",
  close = "close",
  collect = "collect",
  copy = "copy",
  door = "door",
  download = "download",
  drift = "drift",
  drill = "drill",
  edit = "edit",
  error = "error",
  face = "face",
  finger = "finger",
  forward = "forward",
  import = "import",
  in = "in",
  live = "live",
  menu = "menu",
  merge = "merge",
  more = "more",
  nobody = "nobody",
  ok = "ok",
  out = "out",
  palm = "palm",
  pause = "pause",
  people = "people",
  pin = "pin",
  play = "play",
  plus = "plus",
  print = "print",
  push = "push",
  remove = "remove",
  restart = "restart",
  restore = "restore",
  rules = "rules",
  running = "running",
  search = "search",
  sync = "sync",
  terminals = "terminals",
  unknown = "unknown",
}

const file = () => new URL(`syncid-icons.svg?h=${SPRITE}`, import.meta.url).href;

/** For the eye alone: a text beside it, or a label, says the same. */
export function icon(name: mdi): TemplateResult {
  return html`<svg class="mdi" aria-hidden="true" focusable="false"><use href="${file()}#${name}"></use></svg>`;
}

const METHODS: Record<string, mdi> = {
  fingerprint: mdi.finger,
  face: mdi.face,
  card: mdi.card,
  pin: mdi.pin,
  password: mdi.pin,
  palm: mdi.palm,
  vein: mdi.palm,
};

export const methodIcon = (method: string): TemplateResult => icon(METHODS[method] ?? mdi.unknown);
