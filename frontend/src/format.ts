/** Dates and numbers as the user has them set; times by Home Assistant's clock on the wall. */

import type { Hass } from "./hass";

export class Format {
  private zone: string;
  private language: string;
  private hour12?: boolean;
  readonly rtl: boolean;

  constructor(hass: Hass) {
    this.rtl = Boolean(hass.translationMetadata?.translations[hass.language]?.isRTL);
    this.language = known(hass.locale.language || hass.language);
    // Not the browser's, whatever its user prefers: a day, and what is late, is of the place where people punch.
    this.zone = hass.config.time_zone;
    const format = hass.locale.time_format;
    this.hour12 = format === "12" ? true : format === "24" ? false : undefined;
  }

  time(iso: string, seconds = false): string {
    return this.apart(this.write(iso, { ...TIME, ...(seconds ? { second: "2-digit" } : {}) }));
  }

  /** A time of day that is written `07:30`. */
  clock(text: string): string {
    const at = Date.parse(`1970-01-01T${text}Z`);
    if (Number.isNaN(at)) return text;
    const seconds = at % 60_000 ? { second: "2-digit" as const } : {};
    return this.apart(dateFormat(this.language, { ...TIME, ...seconds, hour12: this.hour12, timeZone: "UTC" }).format(at));
  }

  /** From when until when, as `07:30 – 09:00` or a date each; of what has no end, or no beginning, `07:30 –`. */
  span(from: string, to: string): string {
    const text = from === to ? from : `${from} – ${to}`.trim();
    // Its two ends apart would stand the other way round than what is to be entered so.
    return text && this.apart(text.replace(/[\u2068\u2069]/g, ""));
  }

  /** In what is written from right to left, "10:47 AM" in its middle is not to be turned round. */
  apart(text: string): string {
    return this.rtl ? `\u2068${text}\u2069` : text;
  }

  day(iso: string): string {
    return this.write(iso, { weekday: "short", day: "numeric", month: "short" });
  }

  /** The time alone where it is of today. */
  moment(iso: string, now = new Date()): string {
    const same = this.write(iso, DAY) === this.write(now.toISOString(), DAY);
    return same ? this.time(iso) : this.full(iso);
  }

  full(iso: string): string {
    return `${this.day(iso)} ${this.time(iso)}`;
  }

  /** A date without a time, which is the same everywhere. */
  date(day: string, options: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short" }): string {
    const at = Date.parse(day);
    return Number.isNaN(at) ? day : dateFormat(this.language, { ...options, timeZone: "UTC" }).format(at);
  }

  /** Today's date where Home Assistant is. */
  today(now = new Date()): string {
    return dateFormat("en-CA", { timeZone: this.zone }).format(now);
  }

  hours(value: number): string {
    const minutes = Math.round(value * 60);
    return `${this.number(Math.floor(minutes / 60))}:${this.number(minutes % 60, 2)}`;
  }

  number(value: number, minimumIntegerDigits = 1): string {
    return new Intl.NumberFormat(this.language, { minimumIntegerDigits }).format(value);
  }

  hour(hour: number): string {
    const options = { hour: "numeric", hour12: this.hour12, timeZone: "UTC" } as const;
    return this.apart(dateFormat(this.language, options).format(hour * 3_600_000));
  }

  size(bytes: number): string {
    return new Intl.NumberFormat(this.language, {
      style: "unit",
      unit: "kilobyte",
      maximumFractionDigits: 0,
    }).format(Math.max(1, bytes / 1000));
  }

  seconds(value: number): string {
    const size = Math.abs(value);
    const [unit, amount] =
      size < 120 ? ["second", value] : size < 7200 ? ["minute", value / 60] : size < 172_800 ? ["hour", value / 3600] : ["day", value / 86_400];
    return new Intl.NumberFormat(this.language, {
      style: "unit",
      unit: unit as string,
      unitDisplay: "short",
      maximumFractionDigits: 0,
      signDisplay: "exceptZero",
    }).format(amount as number);
  }

  private write(iso: string, options: Intl.DateTimeFormatOptions): string {
    return dateFormat(this.language, {
      ...options,
      timeZone: this.zone,
      ...(options.hour ? { hour12: this.hour12 } : {}),
    }).format(Date.parse(iso));
  }
}

// To make one takes longer than to write a hundred dates with it.
const made = new Map<string, Intl.DateTimeFormat>();

function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  let format = made.get(key);
  if (!format) made.set(key, (format = new Intl.DateTimeFormat(language, options)));
  return format;
}

const TIME = { hour: "2-digit", minute: "2-digit" } as const;
const DAY = { year: "numeric", month: "numeric", day: "numeric" } as const;

export function known(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? "en";
  } catch {
    return "en";
  }
}
