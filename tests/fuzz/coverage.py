"""Which branches of the core were ever taken: what takes a new one is worth keeping."""

from pathlib import Path
import sys
from types import CodeType
from typing import Any

from custom_components.syncid import core

_CORE = str(Path(core.__file__).parent)
_TOOL = 4


class Branches:
    """Counts branches; each is noticed once, so that it costs next to nothing."""

    def __init__(self) -> None:
        """Begin."""
        self.taken = 0
        events = sys.monitoring.events
        sys.monitoring.use_tool_id(_TOOL, "syncid-fuzz")
        for event in (events.BRANCH_LEFT, events.BRANCH_RIGHT, events.PY_START):
            sys.monitoring.register_callback(_TOOL, event, self._note)
        sys.monitoring.set_events(
            _TOOL, events.BRANCH_LEFT | events.BRANCH_RIGHT | events.PY_START
        )

    def _note(self, code: CodeType, *_: int) -> Any:
        if code.co_filename.startswith(_CORE):
            self.taken += 1
        return sys.monitoring.DISABLE

    def close(self) -> None:
        """Count no more."""
        sys.monitoring.free_tool_id(_TOOL)
