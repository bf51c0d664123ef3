"""A terminal's thread, as the event loop sees it."""

import asyncio
from collections.abc import Callable
import random

from homeassistant.core import HomeAssistant, callback

from .core.terminal.client import TerminalClient
from .core.terminal.terminal import Terminal
from .core.terminal.worker import Job, TerminalWorker


class TerminalListener:
    """Runs the thread that owns a terminal, and tells the event loop of its link.

    Punches take another way: the thread gives them to the hub, which stores them
    before anyone hears of them.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        make_client: Callable[[], TerminalClient],
        terminal: Terminal,
        *,
        live: bool,
        async_on_link: Callable[[Exception | None], None],
    ) -> None:
        """Prepare the thread; a live one keeps its link, and tells of it."""
        self._hass = hass
        self._async_on_link = async_on_link
        self._worker = TerminalWorker(
            make_client,
            terminal,
            live=live,
            on_link=self._hand_over,
            jitter=random.random,
        )
        # Who asks for anything from then on is refused, whatever the terminal says.
        self.is_stopped = False

    @callback
    def async_start(self) -> None:
        """Start the thread."""
        self._worker.start()

    async def async_stop(self) -> None:
        """End the thread, and wait for its end."""
        if not self.is_stopped:
            self.is_stopped = True
            await self._hass.async_add_executor_job(self._worker.stop)

    async def async_run[T](self, job: Job[T]) -> T:
        """Have a job done at the terminal; raises what it raises."""
        return await asyncio.wrap_future(self._worker.submit(job))

    def _hand_over(self, error: Exception | None) -> None:
        """Leave the thread."""
        self._hass.loop.call_soon_threadsafe(self._async_receive, error)

    @callback
    def _async_receive(self, error: Exception | None) -> None:
        if not self.is_stopped:
            self._async_on_link(error)
