/** What was begun, and what came of it. */

import { afterEach, expect, test } from "vitest";

import "../src/ui/jobs";
import { Stage, settled } from "./stage";

afterEach(() => document.body.replaceChildren());

const job = { id: "j1", action: "adopt_people", plan: false, targets: [], user_id: null, started: "2026-11-21T08:00:00Z", ended: "2026-11-21T08:01:00Z", progress: null, problem: null };

async function shown(state: string, result: object | null): Promise<string> {
  const stage = new Stage();
  stage.answer = ({ type }) => (type === "syncid/jobs/get" ? { job: { ...job, state }, result } : { terminals: [] });
  const dialog = await stage.show("sid-jobs", { job: "j1" });
  await settled(dialog);
  return dialog.shadowRoot.textContent;
}

test.each(["done", "cancelled", "failed"])("what was done by a job that is %s is told", async (state) => {
  expect(await shown(state, { people: 50, users: 100, marks: 20 })).toContain("people.adopted 50 20");
});

test("of one that runs, and of one that did nothing before it was stopped, none is", async () => {
  expect(await shown("running", { people: 50, users: 100, marks: 20 })).not.toContain("people.adopted");
  expect(await shown("cancelled", null)).not.toContain("people.adopted");
});
