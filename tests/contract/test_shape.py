"""What is stored for ever: a word keeps its number."""

import pytest

from custom_components.syncid.core.ledger.schema import (
    DIRECTION,
    METHOD,
    SOURCE,
    Word,
    metadata,
)
from custom_components.syncid.core.records import DIRECTIONS, METHODS, SOURCES, Punch

# As in the first version. New words come behind these.
FIRST: list[tuple[Word, tuple[str, ...], tuple[str, ...]]] = [
    (
        DIRECTION,
        DIRECTIONS,
        (
            "unknown",
            "check_in",
            "check_out",
            "break_out",
            "break_in",
            "overtime_in",
            "overtime_out",
        ),
    ),
    (
        METHOD,
        METHODS,
        ("unknown", "fingerprint", "face", "card", "pin", "password", "palm", "vein"),
    ),
    (SOURCE, SOURCES, ("realtime", "poll", "push", "adms", "import", "manual")),
]
WORDS = pytest.mark.parametrize(
    ("column", "words", "first"), FIRST, ids=["direction", "method", "source"]
)


@WORDS
def test_every_word_has_a_number(
    column: Word, words: tuple[str, ...], first: tuple[str, ...]
) -> None:
    """Whatever a punch can say can be stored, and nothing else."""
    assert set(column.words) == set(words)
    assert len(column.words) == len(words)


@WORDS
def test_numbers_stay(
    column: Word, words: tuple[str, ...], first: tuple[str, ...]
) -> None:
    """A ledger that was written by the first version says the same today."""
    assert column.words[: len(first)] == first


def test_identity_of_a_punch() -> None:
    """A punch is named by terminal, second and user: not by what roads differ in."""
    key = [column.name for column in metadata.tables["punches"].primary_key]
    assert key == ["terminal_id", "local_second", "user_id"]


def test_columns_of_a_punch() -> None:
    """All that a terminal tells of a punch has a column."""
    assert set(Punch._fields) <= set(metadata.tables["punches"].columns.keys())
