/** What was begun, and what came of it. */

import { afterEach, expect, test } from "vitest";

import { Seen, Server } from "./server";

import "../src/ui/jobs";

afterEach(() => document.body.replaceChildren());

const job = { id: "j1", action: "adopt_people", plan: false, targets: [], user_id: null, started: "2026-11-21T08:00:00Z", ended: "2026-11-21T08:01:00Z", progress: null, problem: null };

const shown = (state: string, result: object | null, more: object = {}): Promise<Seen> =>
  Seen.show("sid-jobs", new Server({ "jobs/get": () => ({ job: { ...job, state, ...more }, result }), "terminals/list": () => ({ terminals: [] }) }), { job: "j1" });

test.each(["done", "cancelled", "failed"])("what was done by a job that is %s is told", async (state) => {
  expect((await shown(state, { people: 50, users: 100, marks: 20 })).text).toContain("people.adopted 50 20");
});

test("of one that runs, and of one that did nothing before it was stopped, none is", async () => {
  expect((await shown("running", { people: 50, users: 100, marks: 20 })).text).not.toContain("people.adopted");
  expect((await shown("cancelled", null)).text).not.toContain("people.adopted");
});

test("who is to look at the terminal presses nothing, and need not be waited for", async () => {
  const face = await shown("running", null, { action: "enroll_face" });
  expect(face.text).toContain("enrol.face_wait");
  expect(face.text).not.toContain("enrol.press");
  expect(face.button("enrol.cancel").disabled).toBe(false);
  const done = await shown("done", {}, { action: "enroll_face" });
  expect(done.text).toContain("results.enroll_face");
  expect(done.one(".press").className).toBe("press done");
});

test("what failed is tried again, unless what it was done with is gone", async () => {
  expect((await shown("failed", null, { action: "enroll_face" })).button("jobs.again").disabled).toBe(false);
  const picture = await shown("failed", null, { action: "set_face" });
  expect(() => picture.button("jobs.again")).toThrow("no button");
});

test("what was left out of a copy is told beside what became of each", async () => {
  const result = { terminals: [{ device: "S1", done: true, users: [] }], warnings: ["faces_not_allowed"] };
  expect((await shown("done", result, { action: "transfer_templates" })).text).toContain("faces_not_allowed");
});
