/** A finger or a face, as far as the terminal can do it. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { TerminalRow } from "../src/types";
import { Seen, Server, settled, type Answers } from "./server";

import "../src/pages/terminals";
import "../src/pages/users";

const ALL = ["enroll_user", "enroll_fingerprint", "enroll_face", "set_face"];
const terminal = (serial: string, actions: string[]): TerminalRow =>
  ({ serial, name: `Gate ${serial}`, device_id: `d${serial}`, online: true, state: "ready", bars: [], actions, problem: null, clock_drift: null }) as unknown as TerminalRow;
const user = { user_id: "7", name: "Grace", differs: false, person_id: null, person: null, places: [{ serial: "A", terminal: "Gate A", device_id: "dA", name: "Grace", role: "user", disabled: false }] };

let answers: Answers;
let server: Server;
let sent: FormData[];

beforeEach(() => {
  sent = [];
  answers = {
    "terminals/list": () => ({ total: 2, count: 2, online: 2, troubled: 0, terminals: [terminal("A", ALL), terminal("B", ["enroll_fingerprint"])] }),
    "users/list": () => ({ total: 1, count: 1, users: [user] }),
    "users/templates": () => ({ places: [] }),
    "punches/list": () => ({ punches: [], cursor: null }),
  };
  server = new Server(answers);
  Object.assign(server.hass, {
    fetchWithAuth: async (_: string, { body }: { body: FormData }) => {
      sent.push(body);
      return { ok: true, json: async () => ({ file_id: "f1" }) };
    },
  });
  // jsdom draws nothing.
  vi.stubGlobal("createImageBitmap", async (file: Blob) => {
    if (file.type !== "image/png") throw new Error("no picture");
    return { width: 3000, height: 4000 };
  });
  HTMLCanvasElement.prototype.getContext = (() => ({ drawImage: () => {} })) as never;
  HTMLCanvasElement.prototype.toBlob = function (this: HTMLCanvasElement, done) {
    done(new Blob([`${this.width} x ${this.height}`], { type: "image/jpeg" }));
  };
  URL.createObjectURL = () => "blob:picture";
  URL.revokeObjectURL = () => {};
});
afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

const enrol = (serial: "A" | "B", more: object = {}): Promise<Seen> =>
  Seen.show("sid-enrol", server, { terminal: terminal(serial, serial === "A" ? ALL : ["enroll_fingerprint"]), user: "7", ...more });

async function choose(seen: Seen, type: string): Promise<void> {
  const field = seen.field("enrol.picture");
  Object.defineProperty(field, "files", { value: [new File(["…"], "amina.png", { type })], configurable: true });
  field.dispatchEvent(new Event("change"));
  await settled();
  await settled();
}

test("where there are no faces nothing is said of them", async () => {
  const seen = await enrol("B");
  expect(seen.text).not.toContain("_face");
  await seen.write("enrol.finger", "3");
  await seen.press("enrol.start");
  expect(server.begun).toEqual([{ action: "enroll_fingerprint", data: { device_id: "dB", user_id: "7", finger: 3, overwrite: false } }]);
});

test("a face that is shown to the terminal", async () => {
  const seen = await enrol("A");
  expect(seen.button("enrol.start").disabled).toBe(true);
  await seen.press("actions.enroll_face.name");
  expect(seen.text).toContain("enrol.face_help");
  expect(seen.text).not.toContain("enrol.finger");
  seen.field("enrol.overwrite_face").click();
  await seen.press("enrol.start");
  expect(server.begun).toEqual([{ action: "enroll_face", data: { device_id: "dA", user_id: "7", overwrite: true } }]);
});

test("a face of a picture, which is made as small as a terminal takes it", async () => {
  const seen = await enrol("A");
  await seen.press("actions.set_face.name");
  expect(seen.button("enrol.start").disabled).toBe(true);
  await choose(seen, "image/png");
  expect(seen.one<HTMLImageElement>("img").src).toBe("blob:picture");
  await seen.press("enrol.start");
  const file = sent[0]!.get("file") as File;
  expect([file.name, file.type, file.size]).toEqual(["face.jpg", "image/jpeg", "720 x 960".length]);
  expect(server.begun).toEqual([{ action: "set_face", data: { device_id: "dA", user_id: "7", upload: "f1" } }]);
});

test("what is no picture is said to be none, and a picture that does not arrive is not begun with", async () => {
  const seen = await enrol("A", { way: "set_face" });
  await choose(seen, "text/plain");
  expect(seen.text).toContain("enrol.no_picture");
  expect(seen.button("enrol.start").disabled).toBe(true);
  await choose(seen, "image/png");
  expect(seen.text).not.toContain("enrol.no_picture");
  Object.assign(server.hass, { fetchWithAuth: async () => ({ ok: false }) });
  await seen.press("enrol.start");
  expect(seen.text).toContain("import.not_sent");
  expect(server.begun).toEqual([]);
});

test("who was made is not made once more when their picture did not arrive", async () => {
  const begun: string[] = [];
  answers["jobs/begin"] = ({ action }) => (begun.push(action), { id: "j1" });
  answers["jobs/get"] = () => ({ job: { state: "done", problem: null } });
  const seen = await enrol("A", { way: "set_face", user: "" });
  await seen.press("enrol.new");
  await seen.write("people.user_id", "9");
  await choose(seen, "image/png");
  const { fetchWithAuth } = server.hass;
  Object.assign(server.hass, { fetchWithAuth: async () => ({ ok: false }) });
  await seen.press("enrol.start");
  Object.assign(server.hass, { fetchWithAuth });
  await seen.press("enrol.start");
  expect(begun).toEqual(["enroll_user"]);
  expect(server.begun).toEqual([{ action: "set_face", data: { device_id: "dA", user_id: "9", upload: "f1" } }]);
});

test("of who leaves while their face is sent nothing is kept", async () => {
  const revoked: string[] = [];
  URL.revokeObjectURL = (url) => void revoked.push(url);
  const asked: [string | undefined, unknown][] = [];
  let arrive = (_: object): void => {};
  Object.assign(server.hass, {
    fetchWithAuth: (_: string, { method, body }: RequestInit) => {
      asked.push([method, body]);
      return new Promise((done) => (arrive = done));
    },
  });
  const seen = await enrol("A", { way: "set_face" });
  await choose(seen, "image/png");
  await seen.press("enrol.start");
  seen.element.remove();
  arrive({ ok: true, json: async () => ({ file_id: "f1" }) });
  await settled();
  expect(revoked).toEqual(["blob:picture"]);
  expect(asked.slice(1)).toEqual([["DELETE", '{"file_id":"f1"}']]);
  expect(server.begun).toEqual([]);
});

test("a user's page says what can be enrolled, and begins it there", async () => {
  history.replaceState(null, "", "/syncid/people/7?view=users");
  const seen = await Seen.show("sid-users", server);
  const dialog = seen.one("sid-user").shadowRoot!;
  expect(dialog.querySelector("button.main")!.textContent!.trim()).toBe("people.enrol_any");
  dialog.querySelector<HTMLElement>("button.main")!.click();
  await settled();
  await seen.press("actions.enroll_face.name");
  await seen.press("enrol.start");
  expect(server.begun).toEqual([{ action: "enroll_face", data: { device_id: "dA", user_id: "7", overwrite: false } }]);
});

test("a terminal's page offers each way that it has", async () => {
  history.replaceState(null, "", "/syncid/terminals/A");
  const seen = await Seen.show("sid-terminals", server);
  await seen.press("actions.set_face.name");
  expect(seen.one("sid-enrol").shadowRoot!.textContent).toContain("enrol.picture");
  expect(seen.all("button.action").map((one) => one.querySelector("b")!.textContent)).toEqual([
    "actions.enroll_fingerprint.name",
    "actions.enroll_face.name",
    "actions.set_face.name",
    "clock.title",
  ]);
});
