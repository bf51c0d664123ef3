"""The panel, as far as the tests need it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import re
from typing import Any

from playwright.async_api import Locator, Page, Request, Response, ViewportSize, expect

from scripts.lib.home import ROOT

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PHONE = ViewportSize(width=390, height=844)
# What Home Assistant's own pages complain of, here without the internet.
_NOT_OURS = re.compile(r"/api/brands/|net::ERR_FAILED|/api/hassio|manifest\.json")


@dataclass
class Complaints:
    """What a browser complained of."""

    told: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    @property
    def all(self) -> list[str]:
        """Return what is not expected."""
        return [
            one
            for one in self.told
            if not _NOT_OURS.search(one)
            and not any(part in one for part in self.expected)
        ]


@asynccontextmanager
async def no_complaints(page: Page, *expected: str) -> AsyncIterator[Complaints]:
    """See that a page logs no error, and that no request of it fails."""
    complaints = Complaints(expected=expected)

    def failed(request: Request) -> None:
        # Home Assistant's own fonts and pieces, under way when the page was left.
        theirs = "/static/" in request.url or "/frontend_latest/" in request.url
        if theirs and request.failure == "net::ERR_ABORTED":
            return
        complaints.told.append(f"failed: {request.url} {request.failure}")

    def answered(response: Response) -> None:
        if response.status >= 400:
            complaints.told.append(f"{response.status}: {response.url}")

    page.on(
        "console",
        lambda message: (
            complaints.told.append(f"console: {message.text} {message.location['url']}")
            if message.type == "error"
            else None
        ),
    )
    page.on("pageerror", lambda error: complaints.told.append(f"thrown: {error}"))
    page.on("requestfailed", failed)
    page.on("response", answered)
    yield complaints
    assert complaints.all == [], complaints.all


async def go_to(page: Page, name: str) -> None:
    """Go to a page of the panel by its link, of which phones have another one."""
    await (
        page.locator("syncid-panel")
        .get_by_role("link", name=name, exact=True)
        .locator("visible=true")
        .click()
    )


def dialog(page: Page) -> Locator:
    """Return the dialog that is open, or the topmost of several."""
    return page.locator("sid-dialog").last


async def finished(page: Page, text: str | re.Pattern[str]) -> Locator:
    """Wait until what was begun has come to this end; return the dialog."""
    found = dialog(page)
    await expect(found.get_by_role("status")).to_contain_text(text)
    return found


async def serious(page: Page, inside: Locator | None = None) -> list[dict[str, Any]]:
    """Return what axe finds in the panel that keeps somebody out, or in something else."""
    await page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = await (
        inside or page.locator("syncid-panel")
    ).evaluate(
        """async (element) => {
            const { violations } = await axe.run(
              { include: [element] },
              { resultTypes: ["violations"] },
            );
            return violations
              .filter(({ impact }) => impact === "serious" || impact === "critical")
              .map(({ id, nodes }) => ({ id, where: nodes.map(({ html, any }) => html.slice(0, 200) + " " + (any[0]?.message ?? "")) }));
        }"""
    )
    return found


async def is_too_wide(page: Page) -> bool:
    """Tell whether a page has to be pushed sideways."""
    wide: bool = await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide
