"""The panel in a browser, for its benchmark: what is clicked, shown, sent and held."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
import os
import re
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, WebSocket, async_playwright

# Not in a sandbox, which needs another user than root, and without calling home.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# What Home Assistant's own pages ask of the internet, which is not there, and what they
# had not loaded when another address was entered.
_NOT_OURS = re.compile(
    r"/api/brands/|net::ERR_FAILED|/api/hassio|manifest\.json"
    r"|/(?:frontend_latest|static)/.*net::ERR_ABORTED"
)

# Looks into shadow roots. `bench.timed` does something, and returns the milliseconds
# until the panel shows what it should and the frame with that was drawn.
_SCRIPT = """
window.bench = {
  panel() {
    const deep = (root) => {
      for (const one of root.querySelectorAll("*")) {
        if (one.localName === "syncid-panel") return one;
        const found = one.shadowRoot && deep(one.shadowRoot);
        if (found) return found;
      }
    };
    if (!this.known?.isConnected) this.known = deep(document);
    return this.known;
  },
  all(selector, root = this.panel()?.shadowRoot) {
    if (!root) return [];
    const found = [...root.querySelectorAll(selector)];
    for (const one of root.querySelectorAll("*"))
      if (one.localName.startsWith("sid-") && one.shadowRoot) found.push(...this.all(selector, one.shadowRoot));
    return found;
  },
  one(selector, text) {
    return this.all(selector).find((one) => !text || one.textContent.trim().startsWith(text));
  },
  rows() { return this.all("sid-table").flatMap((one) => [...one.shadowRoot.querySelectorAll("tbody tr")]); },
  idle() { return this.all("table").every((one) => one.getAttribute("aria-busy") !== "true"); },
  when(test, begin = performance.now()) {
    return new Promise((resolve, reject) => {
      const look = () => {
        let is = false;
        try { is = test(); } catch { /* not there yet */ }
        if (is) requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begin)));
        else if (performance.now() - begin > 60000) reject(new Error("not within a minute: " + test));
        else requestAnimationFrame(look);
      };
      look();
    });
  },
  timed(act, test) {
    const begin = performance.now();
    act();
    // What is asked for is known to the page by the next frame.
    return new Promise((resolve) => requestAnimationFrame(() => resolve(this.when(test, begin))));
  },
  click(selector, text) {
    const found = this.one(selector, text);
    if (!found) throw new Error(`there is no ${selector} ${text ?? ""}`);
    found.click();
  },
  type(text) {
    const found = this.one("input[type=search]");
    found.value = text;
    found.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
  },
  choose(at, value) {
    const found = this.all("select")[at];
    found.value = value;
    found.dispatchEvent(new Event("change", { bubbles: true, composed: true }));
  },
  date(value) {
    const found = this.one("input[type=date]");
    found.value = value;
    found.dispatchEvent(new Event("change", { bubbles: true, composed: true }));
  },
  // When a punch of somebody is drawn, by the clock of this machine.
  seen(name) {
    return this.when(() => this.one("li .who", name)).then(() => performance.timeOrigin + performance.now());
  },
};
"""


@dataclass
class Wire:
    """What goes between a page and Home Assistant because of the panel."""

    # Bytes of the largest message, by command.
    largest: dict[str, int] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    _asked: dict[int, str] = field(default_factory=dict)

    def watch(self, page: Page) -> None:
        """Listen to a page from its beginning."""
        page.on("websocket", self._socket)
        page.on("pageerror", lambda error: self._complain(f"thrown: {error}"))
        page.on(
            "requestfailed",
            lambda request: self._complain(f"failed: {request.url} {request.failure}"),
        )
        page.on(
            "response",
            lambda response: (
                self._complain(f"{response.status}: {response.url}")
                if response.status >= 400
                else None
            ),
        )
        page.on(
            "console",
            lambda message: (
                self._complain(f"console: {message.text} {message.location['url']}")
                if message.type == "error"
                else None
            ),
        )

    def _complain(self, text: str) -> None:
        if not _NOT_OURS.search(text):
            self.complaints.append(text)

    def _socket(self, socket: WebSocket) -> None:
        self._asked = {}
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, payload: str | bytes) -> None:
        for message in _messages(payload):
            # Home Assistant's texts of ours are asked for by the name.
            if "syncid" in json.dumps(message):
                self._asked[message.get("id", 0)] = message["type"]
                self._weigh(message["type"], message)

    def _received(self, payload: str | bytes) -> None:
        for message in _messages(payload):
            if kind := self._asked.get(message.get("id", 0)):
                self._weigh(kind, message)
                if message.get("success") is False:
                    self._complain(f"refused: {kind} {message.get('error')}")

    def _weigh(self, kind: str, message: Any) -> None:
        size = len(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
        self.largest[kind] = max(size, self.largest.get(kind, 0))


def _messages(payload: str | bytes) -> Iterator[Any]:
    """Yield the messages of a frame, in which Home Assistant may put several."""
    found = json.loads(payload)
    yield from found if isinstance(found, list) else [found]


@dataclass
class Tab:
    """A page of the browser, in which the owner is logged in."""

    page: Page
    wire: Wire
    debugger: CDPSession

    async def timed(self, act: str, test: str) -> float:
        """Return the milliseconds from doing something until it is shown."""
        took: float = await self.page.evaluate(
            f"bench.timed(() => {{ {act} }}, () => {test})"
        )
        return took

    async def seen(self, name: str) -> float:
        """Return when the punch of somebody is on the screen, in seconds."""
        when: float = await self.page.evaluate("(name) => bench.seen(name)", name)
        return when / 1000

    async def heap(self) -> float:
        """Return the megabytes that JavaScript holds, after all garbage is gone."""
        for _ in range(2):
            await self.debugger.send("HeapProfiler.collectGarbage")
        used = await self.debugger.send("Runtime.getHeapUsage")
        return float(used["usedSize"]) / 1e6

    async def open(self, path: str) -> None:
        """Open a page of the panel, as if the address was entered."""
        # Nothing is cut off that the page before has under way.
        await self.page.wait_for_load_state("networkidle")
        await self.page.goto(path)
        await self.page.evaluate("bench.when(() => bench.one('main'))")


class Chromium:
    """A browser, and who is logged in with it."""

    def __init__(self, browser: Browser, url: str, token: str) -> None:
        """Know the home."""
        self._browser = browser
        self._url = url
        self._token = token

    async def tab(self) -> Tab:
        """Return a new page."""
        tokens = {
            "access_token": self._token,
            "token_type": "Bearer",
            "refresh_token": "",
            "expires_in": 10**9,
            "expires": 10**14,
            "hassUrl": self._url,
            "clientId": f"{self._url}/",
        }
        context = await self._browser.new_context(
            base_url=self._url, viewport={"width": 1280, "height": 800}, locale="en-GB"
        )
        context.set_default_timeout(120_000)
        await context.add_init_script(
            f"localStorage.hassTokens = {json.dumps(json.dumps(tokens))}"
        )
        await context.add_init_script(_SCRIPT)
        await context.route(
            re.compile(r"/api/brands/(?!.*/syncid/)"), lambda route: route.abort()
        )
        page = await context.new_page()
        wire = Wire()
        wire.watch(page)
        return Tab(page, wire, await context.new_cdp_session(page))


@asynccontextmanager
async def chromium(url: str, token: str) -> AsyncIterator[Chromium]:
    """Run the browser that scripts/bench found: CHROME, else playwright's own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=os.environ.get("CHROME"), args=_ARGUMENTS
        )
        try:
            yield Chromium(browser, url, token)
        finally:
            await browser.close()
