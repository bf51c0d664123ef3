"""Fixtures for tests of the core."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .book_kit import Site
from .kit import TerminalKit, open_ledger
from .pair import Pair


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[TerminalKit]:
    """Return the test kit: a terminal, a ledger, and what is between them."""
    with open_ledger(tmp_path) as ledger, TerminalKit(ledger) as kit:
        yield kit


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Return two terminals."""
    with ExitStack() as stack:
        yield Pair(stack)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a site that knows two people."""
    with open_ledger(tmp_path) as ledger:
        site = Site(ledger)
        site.know()
        yield site
