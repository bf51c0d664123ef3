/** Who punches, as the page shows it. */

import { expect, test } from "vitest";

import "../src/pages/live";
import { Format } from "../src/format";
import type { Context } from "../src/context";
import type { Hass } from "../src/hass";
import { Texts } from "../src/texts";
import type { PunchEvent, PunchRow } from "../src/types";

let tell: (event: PunchEvent) => void = () => {};

const hass = (): Hass =>
  ({
    language: "en",
    locale: { language: "en" },
    config: { time_zone: "Asia/Karachi" },
    callWS: async () => ({ date: "2026-11-21", punches: 0, users: 0, hours: [], arrivals: [], terminals: 1, online: 1, people: 0, statuses: {}, on_site: 0, unmapped: 0 }),
    connection: {
      addEventListener() {},
      removeEventListener() {},
      subscribeMessage: async (listen: typeof tell) => {
        tell = listen;
        return () => {};
      },
    },
  }) as unknown as Hass;

const punch = (user: string, picture: string | null): PunchRow => ({
  device: "A1", device_id: null, device_name: "Gate", user_id: user, user_name: user, person_id: null, person: null,
  time: `2026-11-21T08:00:0${user}+05:00`, direction: "check_in", method: "face", source: "adms", picture, live: true,
});

test("the photo of a punch wins, also if it follows, and is no news", async () => {
  const texts = new Texts("en", String);
  const ctx: Partial<Context> = { hass, texts, t: texts.t, f: new Format(hass()),
    place: { page: "live", filters: new URLSearchParams() }, changed: { terminals: 0, people: 0, punches: 0, marks: 0 } };
  const page = Object.assign(document.createElement("sid-live"), { ctx }) as any;
  document.body.append(page);
  await new Promise((done) => setTimeout(done, 0));
  const show = async (event: PunchEvent): Promise<HTMLElement[]> => {
    tell(event);
    await page.updateComplete;
    return [...page.shadowRoot.querySelectorAll("li")];
  };
  const pictures = (lines: HTMLElement[]): (string | null | undefined)[] => lines.map((line) => line.querySelector("img")?.getAttribute("src"));
  expect(pictures(await show({ reset: true, punches: [punch("1", "/person")] }))).toEqual(["/person"]);
  await show({ reset: false, punches: [punch("2", null)] });
  const lines = await show({ reset: false, punches: [punch("2", "/photo"), punch("1", "/other")] });
  expect(pictures(lines)).toEqual(["/photo", "/other"]);
  expect(lines.map((line) => line.classList.contains("fresh"))).toEqual([true, false]);
  page.remove();
});
