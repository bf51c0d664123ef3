"""Finds what would hold up the event loop.

Home Assistant's own detector knows neither SQLite nor sockets: a query or a terminal
that takes a second would just stop all of Home Assistant for a second.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
import sys
import threading
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from custom_components.syncid.actions import attendance as attendance_actions
from custom_components.syncid.const import LEDGER_FILE
from custom_components.syncid.core.adms.dialogue import answer
from custom_components.syncid.core.ledger.traces import Traces
from custom_components.syncid.core.terminal import worker
from custom_components.syncid.core.terminal.frames import FrameStream
from custom_components.syncid.core.terminal.link import TerminalLink
from custom_components.syncid.panel import (
    adopting,
    attendance,
    directory,
    live,
    rules,
    users,
)
from custom_components.syncid.push import adms, coordinator as push

# What looks at everybody, mostly of the panel.
_OF_ALL = (
    (attendance_actions, "_marks"),
    (adopting, "_certain"),
    (adopting, "_unknown"),
    (attendance, "_days"),
    (attendance, "_month"),
    (attendance, "chosen"),
    (directory, "_fitting"),
    (directory, "_nobodies"),
    (directory, "_people"),
    (live, "_counted"),
    (rules, "_preview"),
    (users, "_everybody"),
    (users, "_fitting"),
)
# Bytes that take more than a moment to read.
_LONG_BODY = 100_000


class LoopGuard:
    """What SyncID did in the event loop's thread that may take its time."""

    def __init__(self) -> None:
        """Be made in that thread."""
        self._thread = threading.get_ident()
        self.caught: list[str] = []

    def look(self, what: str) -> None:
        """Take note of something, if it is done in the event loop's thread."""
        if threading.get_ident() == self._thread:
            self.caught.append(what)

    def wrap(self, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that is noted, and done all the same."""

        def guarded(*args: Any, **kwargs: Any) -> Any:
            self.look(what)
            return function(*args, **kwargs)

        return guarded

    def wrap_wait(
        self, function: Callable[..., Any], is_over: Callable[[Any], bool]
    ) -> Callable[..., Any]:
        """Return a function that waits, and is noted if SyncID calls it too early."""

        def guarded(waited_for: Any, *args: Any, **kwargs: Any) -> Any:
            caller: str = sys._getframe(1).f_globals["__name__"]
            if caller.startswith("custom_components.syncid") and not is_over(
                waited_for
            ):
                self.look(f"{function.__qualname__} in {caller}")
            return function(waited_for, *args, **kwargs)

        return guarded

    def wrap_reading(
        self, what: str, function: Callable[..., Any], size_of: Callable[..., int]
    ) -> Callable[..., Any]:
        """Return a function that reads a body, and is noted if that is a long one."""

        def guarded(*args: Any, **kwargs: Any) -> Any:
            if size_of(*args) > _LONG_BODY:
                self.look(what)
            return function(*args, **kwargs)

        return guarded


@contextmanager
def guarded_loop() -> Iterator[LoopGuard]:
    """Watch the thread that this is called in."""
    guard = LoopGuard()

    def before_cursor_execute(connection: Connection, *args: Any) -> None:
        if str(connection.engine.url).endswith(LEDGER_FILE):
            guard.look(f"SQL: {args[1]}")

    def do_connect(*args: Any) -> None:
        if LEDGER_FILE in str(args):
            guard.look("a connection to the ledger")

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            (TerminalLink, "open"),
            (FrameStream, "send"),
            (FrameStream, "receive"),
            (worker, "readable"),
            *_OF_ALL,
        ):
            what = f"{owner.__name__}.{name}"
            patch.setattr(owner, name, guard.wrap(what, getattr(owner, name)))
        for name in ("open", "close", "read", "ask", "write"):
            what = f"Traces.{name}"
            patch.setattr(Traces, name, guard.wrap(what, getattr(Traces, name)))
        patch.setattr(
            Future, "result", guard.wrap_wait(Future.result, lambda one: one.done())
        )
        patch.setattr(
            threading.Thread,
            "join",
            guard.wrap_wait(threading.Thread.join, lambda one: not one.is_alive()),
        )
        reads_adms = guard.wrap_reading(
            "an upload", answer, lambda request, *_: len(request.body)
        )
        reads_json = guard.wrap_reading(
            "logs in JSON", push._read, lambda body, *_: len(body)
        )
        patch.setattr(adms, "answer", reads_adms)
        patch.setattr(push, "_read", reads_json)
        listeners = (before_cursor_execute, do_connect)
        for listener in listeners:
            event.listen(Engine, listener.__name__, listener)
        try:
            yield guard
        finally:
            for listener in listeners:
                event.remove(Engine, listener.__name__, listener)
