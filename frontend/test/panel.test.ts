/** The panel in a rush: it draws for what is shown, and nothing is left of it when it is put away. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { SyncIDPanel } from "../src/app";
import type { Context } from "../src/context";
import type { SidRules } from "../src/pages/rules";
import { Server, settled } from "./server";

import "../src/app";

type Drawn = HTMLElement & { ctx: Context; render: () => unknown };

let server: Server;
beforeEach(() => {
  server = new Server({
    "info": () => ({ version: "1", build: null }),
    "rules/get": () => new Promise(() => {}),
    "terminals/list": () => ({ total: 0, online: 0, troubled: 0, count: 0, terminals: [] }),
    "groups/list": () => ({ groups: [] }),
  });
});
afterEach(() => document.body.replaceChildren());

async function show(page: string): Promise<[SyncIDPanel, Drawn]> {
  history.replaceState(null, "", `/syncid/${page}`);
  const panel = Object.assign(document.createElement("syncid-panel"), { hass: server.hass }) as SyncIDPanel;
  document.body.append(panel);
  await settled(10);
  return [panel, panel.shadowRoot!.querySelector<Drawn>(`sid-${page}`)!];
}

test("a page is drawn when what it shows has changed, and not for the rest", async () => {
  const [panel, page] = await show("rules");
  const draw = vi.spyOn(page as unknown as SidRules, "render");
  for (let time = 0; time < 20; time += 1) {
    server.tell("changes/subscribe", { topics: ["punches", "marks"] });
    await panel.updateComplete;
  }
  expect(draw).not.toHaveBeenCalled();
  // But it is told, for whoever asks it.
  expect(page.ctx.changed.marks).toBeGreaterThanOrEqual(20);
  server.tell("changes/subscribe", { topics: ["people"] });
  await settled();
  expect(draw).toHaveBeenCalledTimes(1);
  // Something else that comes with a topic of no interest is not lost.
  (page as unknown as SidRules).requestUpdate();
  server.tell("changes/subscribe", { topics: ["punches"] });
  await settled();
  expect(draw).toHaveBeenCalledTimes(2);
});

test("what a part of a page looks at reaches it", async () => {
  history.replaceState(null, "", "/syncid/terminals/S1");
  const asked: string[] = [];
  server.answers["punches/list"] = () => (asked.push("punches"), { punches: [], cursor: null });
  const panel = Object.assign(document.createElement("syncid-panel"), { hass: server.hass });
  document.body.append(panel);
  await settled(10);
  expect(asked).toHaveLength(1);
  server.tell("changes/subscribe", { topics: ["punches"] });
  await settled(1100);
  expect(asked).toHaveLength(2);
});

test("a panel that is put away listens to nothing any more", async () => {
  for (let time = 0; time < 5; time += 1) {
    const [panel] = await show("rules");
    expect([...server.heard.values()].map((heard) => heard.size)).toEqual([1, 1, 1]);
    panel.remove();
    await settled();
    expect([...server.heard.values()].map((heard) => heard.size)).toEqual([0, 0, 0]);
  }
});

test("a drill is told on every page, as soon as somebody begins one", async () => {
  const [panel] = await show("rules");
  const banner = (): string | undefined => panel.shadowRoot!.querySelector("[role=status] .notice")?.textContent?.replace(/\s+/g, " ").trim();
  server.tell("drill/subscribe", { drill: null });
  await settled();
  expect(banner()).toBeUndefined();
  server.tell("drill/subscribe", { drill: { started: "2026-11-20T05:47:00Z", by: "Ann", assembly: [] } });
  await settled();
  expect(banner()).toContain("rollcall.begun");
  panel.shadowRoot!.querySelector<HTMLButtonElement>("[role=status] button")!.click();
  expect(location.pathname).toBe("/syncid/live/rollcall");
  server.tell("drill/subscribe", { drill: null });
  await settled();
  expect(banner()).toBeUndefined();
});
