"""What is to be said to a terminal that pushes: in the ledger, and in memory."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import batched
import logging

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..core.adms.commands import LONG, Command, Commands
from ..core.adms.dialogue import Answer
from ..core.adms.queue import CommandRow, ended, enqueue, is_over
from ..core.adms.requests import AdmsRequest
from ..core.adms.results import CommandResult
from ..core.errors import LedgerError
from ..device import SyncIDCoordinator

_LOGGER = logging.getLogger(__name__)

# Seconds for which a command that expired may still be answered.
_LATE = 86_400
# Commands that are queued before the event loop is given to others.
_AT_ONCE = 200
# Where terminals ask what to do.
POLLS = frozenset({"getrequest", "push"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command."""

    row: CommandRow
    # None while the terminal has not answered.
    result: CommandResult | None = None

    @property
    def is_done(self) -> bool:
        """Tell whether the terminal did it."""
        return self.row.state == "done"


type OnAnswer = Callable[[int], object]


def nobody(_: int) -> None:
    """Hear nothing of it."""


def _heard(on_answer: OnAnswer, number: int, answered: asyncio.Future[Outcome]) -> None:
    # Who waited when the terminal's entry was unloaded was told, but not answered.
    if not answered.result().row.is_open:
        on_answer(number)


class AdmsQueue:
    """The commands of one terminal, while its entry is set up."""

    def __init__(
        self, coordinator: SyncIDCoordinator, rows: Iterable[CommandRow]
    ) -> None:
        """Go on where it was left."""
        self._coordinator = coordinator
        self._ledger = coordinator.hub.ledger
        # To be held from reading the rows until what changed is stored.
        self.lock = asyncio.Lock()
        rows = list(rows)
        self._last_id = max((row.id for row in rows), default=0)
        # Those that are open, which may be thousands, and apart from them those that
        # may be answered too late.
        self._open: dict[int, CommandRow] = {}
        self._late: dict[int, CommandRow] = {}
        self._remember(rows)
        self._waiting: dict[int, asyncio.Future[Outcome]] = {}

    def __len__(self) -> int:
        """Return how many commands the terminal has not answered."""
        return len(self._open)

    @property
    def is_busy(self) -> bool:
        """Tell whether the terminal has yet to answer what it fetched."""
        return any(row.state == "sent" for row in self._open.values())

    def rows_for(self, request: AdmsRequest) -> tuple[CommandRow, ...]:
        """Return the rows that an answer hangs on."""
        if not request.needs_rows:
            return ()
        if request.endpoint in POLLS:
            return tuple(self._open.values())
        return (*self._open.values(), *self._late.values())

    async def async_keep(
        self, rows: Iterable[CommandRow], wants: Commands = ()
    ) -> None:
        """Keep what changed, and what should be queued unless it is; raises `LedgerError`."""
        wanted = [
            command
            for command in wants
            if all(command.text != row.text for row in self._open.values())
        ]
        await self._async_save([*rows, *self._enqueued(wanted)])

    async def async_take_back(self, before: Iterable[CommandRow], said: Answer) -> None:
        """Have what nobody stayed to hear said to who asks next."""
        unheard = {row.id for row in said.rows if row.state == "sent"}
        try:
            await self._async_save([row for row in before if row.id in unheard])
        except LedgerError as err:
            # Some of it must not be done twice: then rather not at all.
            serial = self._coordinator.serial
            _LOGGER.warning("%s may not have heard a command: %s", serial, err)

    async def _async_save(self, rows: list[CommandRow]) -> None:
        if not rows:
            return
        serial = self._coordinator.serial
        await asyncio.wrap_future(self._ledger.save_commands(serial, rows))
        waiting = len(self)
        self._remember(rows)
        if waiting != len(self):
            self._coordinator.async_update_listeners()

    def _remember(self, rows: Iterable[CommandRow]) -> None:
        for row in rows:
            if row.is_open:
                self._open[row.id] = row
                continue
            self._open.pop(row.id, None)
            if row.state == "expired":
                self._late[row.id] = row
        since = dt_util.utcnow().timestamp() - _LATE
        for row in [row for row in self._late.values() if (row.ended_at or 0) <= since]:
            del self._late[row.id]

    @callback
    def async_take(self, said: Answer) -> None:
        """Tell who waits what became of commands, now that it is stored."""
        results = {row.id: result for row, result in said.results if row is not None}
        for row in said.rows:
            if row.is_open:
                continue
            if waiting := self._waiting.pop(row.id, None):
                waiting.set_result(Outcome(row, results.get(row.id)))
            elif row.state == "failed":
                # It was promised to somebody, who does not wait any more.
                _LOGGER.warning(
                    "%s refused to do %s, which waited for it: %s (%s)",
                    self._coordinator.config_entry.title,
                    row.kind,
                    row.reason,
                    row.code,
                )

    async def async_say(
        self,
        commands: Iterable[Command],
        within: float,
        gone_at: Callable[[], float],
        on_answer: OnAnswer = nobody,
        *,
        now_or_never: bool = False,
    ) -> list[Outcome]:
        """Say something, and wait for the answers; some may not have come by then.

        No longer than until the terminal is `gone_at`, by the loop's clock. `on_answer`
        is told which command was answered, by its place among them. What is of use
        `now_or_never` is not said any more if who waits is cancelled.
        """
        hass = self._coordinator.hass
        # In the ledger's file and in memory, or in neither, whoever is cancelled.
        enqueuing = hass.async_create_task(self._async_await(commands, on_answer))
        try:
            futures = await asyncio.shield(enqueuing)
        except asyncio.CancelledError:
            hass.async_create_task(self._async_leave(enqueuing, end=now_or_never))
            raise
        loop = hass.loop
        try:
            until = loop.time() + within
            while left := [one for one in futures.values() if not one.done()]:
                # Later, if it calls meanwhile.
                now, end = loop.time(), min(until, gone_at())
                if now >= end:
                    break
                await asyncio.wait(left, timeout=end - now)
        except asyncio.CancelledError:
            if now_or_never:
                hass.async_create_task(self._async_end(futures))
            raise
        finally:
            for id_ in futures:
                self._waiting.pop(id_, None)
        return [
            future.result() if future.done() else Outcome(self._row(id_))
            for id_, future in futures.items()
        ]

    async def _async_await(
        self, commands: Iterable[Command], on_answer: OnAnswer
    ) -> dict[int, asyncio.Future[Outcome]]:
        """Queue commands; return what their outcomes will be, by their ids."""
        rows = await self._async_enqueue(commands)
        # At once: whoever waits is told when the entry is unloaded.
        loop = self._coordinator.hass.loop
        futures: dict[int, asyncio.Future[Outcome]] = {
            row.id: loop.create_future() for row in rows
        }
        for number, waiting in enumerate(futures.values()):
            waiting.add_done_callback(partial(_heard, on_answer, number))
        self._waiting |= futures
        return futures

    async def _async_leave(
        self, enqueuing: asyncio.Task[dict[int, asyncio.Future[Outcome]]], *, end: bool
    ) -> None:
        """Wait for nothing of what somebody queued who left meanwhile."""
        futures = await enqueuing
        for id_ in futures:
            self._waiting.pop(id_, None)
        if end:
            await self._async_end(futures)

    async def async_withdraw(
        self, outcomes: Iterable[Outcome], *, fetched: bool = False
    ) -> None:
        """Say nothing any more of what was not fetched; raises `LedgerError`.

        And wait for nothing of what was `fetched`, if that is asked.
        """
        await self._async_end([outcome.row.id for outcome in outcomes], fetched=fetched)

    async def _async_end(self, ids: Iterable[int], *, fetched: bool = True) -> None:
        async with self.lock:
            now = dt_util.utcnow().timestamp()
            rows = [self._open[id_] for id_ in ids if id_ in self._open]
            await self._async_save(
                [
                    ended(row, "expired", now)
                    for row in rows
                    if fetched or row.state == "queued"
                ]
            )

    def was_sent(self, outcome: Outcome) -> bool:
        """Tell whether the terminal fetched a command, be it while it was withdrawn."""
        id_ = outcome.row.id
        row = self._open.get(id_) or self._late.get(id_)
        return row is None or row.sent_at is not None  # or it is done by now

    async def _async_enqueue(self, commands: Iterable[Command]) -> list[CommandRow]:
        """Put commands into the queue, from where the terminal fetches them."""
        rows: list[CommandRow] = []
        for some in batched(commands, _AT_ONCE, strict=False):
            rows += self._enqueued(some)
            await asyncio.sleep(0)  # there may be thousands
        await self._async_save(rows)
        return rows

    def _row(self, id_: int) -> CommandRow:
        return self._open.get(id_) or self._late[id_]

    def _enqueued(self, commands: Iterable[Command]) -> list[CommandRow]:
        now, rows = dt_util.utcnow().timestamp(), []
        for command in commands:
            self._last_id += 1
            rows.append(enqueue(self._coordinator.serial, self._last_id, command, now))
        return rows

    async def async_expire(self, *, all_of_it: bool = False) -> None:
        """Forget what nobody fetched in time, or all; raises `LedgerError`.

        Whether or not the terminal ever calls again: there may be passwords in it.
        """
        async with self.lock:
            now = dt_util.utcnow().timestamp()
            await self._async_save(
                [
                    ended(row, "expired", now)
                    for row in self._open.values()
                    if all_of_it or is_over(row, now)
                ]
            )

    async def async_forget_user(self, user_id: str) -> int:
        """Say nothing any more of a user, but that they are to be removed.

        Returns how much that was; raises `LedgerError`.
        """
        async with self.lock:
            now = dt_util.utcnow().timestamp()
            rows = [
                ended(row, "expired", now)
                for row in self._open.values()
                if row.user_id == user_id and row.kind != "remove_user"
            ]
            await self._async_save(rows)
        return len(rows)

    async def async_save_again(self) -> None:
        """Write the queue into a new ledger."""
        async with self.lock:
            try:
                await self._async_save([*self._open.values()])
            except LedgerError as err:
                _LOGGER.warning(
                    "The queue of %s was not kept: %s", self._coordinator.serial, err
                )

    @callback
    def async_end(self) -> None:
        """Have nobody wait any more: what was asked stays in the queue.

        But not what is of use only now. It is ended here, before anybody can read the
        queue anew: who waits for it withdraws it later than that.
        """
        now = dt_util.utcnow().timestamp()
        waiting_for = [self._open[id_] for id_ in self._waiting if id_ in self._open]
        over = [
            ended(row, "expired", now)
            for row in waiting_for
            if row.state == "queued" and row.expires_at - row.queued_at < LONG
        ]
        if over:
            self._ledger.save_commands(self._coordinator.serial, over)
        while self._waiting:
            id_, waiting = self._waiting.popitem()
            waiting.set_result(Outcome(self._row(id_)))
