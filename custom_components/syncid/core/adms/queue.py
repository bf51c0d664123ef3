"""The life of a command: queued, sent, done (protocol-adms §7.2).

Rows come in and changed rows go out; who stores them is not known here. A terminal may
answer many polls later, or never, and may be switched off between what it does and what
it says of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from .commands import DANGEROUS, LONG, Command, CommandKind
from .dialect import NOT_KNOWN, in_new_words, in_old_words, is_old
from .overtaken import is_change, without_newer
from .requests import Family
from .results import CommandResult, Reason

type CommandState = Literal["queued", "sent", "done", "failed", "expired"]
OPEN: frozenset[CommandState] = frozenset({"queued", "sent"})

# Seconds after which what was not answered is sent again, and how often.
RESEND_AFTER = 300
MOST_TRIES = 5
PER_POLL = 10
# They change nothing, and hold nothing up.
_QUESTIONS: frozenset[CommandKind] = frozenset(
    {"list_users", "list_templates", "list_photos"}
)
# Terminals take no longer answers (§1).
_LONGEST_ANSWER = 900_000


@dataclass(frozen=True, slots=True)
class CommandRow:
    """A command in a terminal's queue, which is a row of a table.

    Its columns: `serial` and `id`, together its key; `kind`, `text`, `user_id`,
    `queued_at`, `expires_at`; `state`, `tries`, `sent_at`, `ended_at`, `code`, `reason`.
    An index on (`serial`, `state`) finds those that are open. `text` holds passwords and
    templates: it is emptied as soon as the command has come to its end.
    """

    serial: str
    # Counts from 1 for each terminal, and never again: old firmware takes no long ones.
    id: int
    kind: CommandKind
    text: str = field(repr=False)
    # Whom it is about; "" for nobody, and once it came to its end.
    user_id: str
    # Seconds of UTC, as all times of a row.
    queued_at: float
    # When it is too late to send it.
    expires_at: float
    state: CommandState = "queued"
    tries: int = 0
    sent_at: float | None = None
    ended_at: float | None = None
    # What the terminal answered.
    code: int | None = None
    reason: Reason | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether anything is still to come of it."""
        return self.state in OPEN

    @property
    def repeatable(self) -> bool:
        """Tell whether it may be said again if nothing is heard of it."""
        return self.kind not in DANGEROUS


@dataclass(frozen=True, slots=True)
class Poll:
    """What a poll is answered with."""

    # In their order; these and what expired are changed.
    sent: tuple[CommandRow, ...] = ()
    expired: tuple[CommandRow, ...] = ()

    @property
    def changed(self) -> tuple[CommandRow, ...]:
        """Return the rows to store before the answer goes out."""
        return self.expired + self.sent


@dataclass(frozen=True, slots=True)
class Finished:
    """What a post of results changes."""

    rows: tuple[CommandRow, ...] = ()
    # Results with the command they are of; None where we know of none.
    results: tuple[tuple[CommandRow | None, CommandResult], ...] = ()
    # Which words the terminal knows by that: the old ones, or new ones after all.
    knows_old: bool | None = None


def enqueue(serial: str, id_: int, command: Command, now: float) -> CommandRow:
    """Return the row of a new command."""
    return CommandRow(
        serial,
        id_,
        command.kind,
        command.text,
        command.user_id,
        queued_at=now,
        expires_at=now + command.patience,
    )


def poll(rows: Iterable[CommandRow], now: float, *, in_old: bool = False) -> Poll:
    """Return what to send now of the open rows of a terminal, in old words if it must be.

    What is about a user waits while something of the same user is open that must not be
    done twice, and the other way round: a change that is sent again after its user was
    removed would bring them back.
    """
    sent: list[CommandRow] = []
    expired: list[CommandRow] = []
    # By user: whether something dangerous is open, or something else.
    before: dict[str, set[bool]] = {}
    size = 0
    for row in sorted(rows, key=lambda row: row.id):
        if not row.is_open:
            continue
        if is_over(row, now):
            expired.append(ended(row, "expired", now))
            continue
        repeatable = row.repeatable
        is_about = row.user_id and row.kind not in _QUESTIONS
        others = before.setdefault(row.user_id, set()) if is_about else set()
        is_held = bool(others) and (not repeatable or False in others)
        others.add(repeatable)
        if is_held or not _is_due(row, now):
            continue
        if len(sent) == PER_POLL:
            break  # thousands may wait behind it
        length = len(row.text.encode()) + 32
        if sent and size + length > _LONGEST_ANSWER:
            break
        size += length
        # What was refused in old words is said in new ones.
        text = _old(row) if in_old and row.reason is None else None
        sent.append(
            replace(
                row,
                state="sent",
                text=text or row.text,
                tries=row.tries + 1,
                sent_at=now,
            )
        )
        if row.kind == "restart":
            break  # what it would hear behind that, it may never do
    return Poll(tuple(sent), tuple(expired))


def _is_due(row: CommandRow, now: float) -> bool:
    """Tell whether to send an open row; a clock that was set back holds nothing up."""
    if row.sent_at is None:
        return True
    return row.repeatable and abs(now - row.sent_at) >= RESEND_AFTER


def is_over(row: CommandRow, now: float) -> bool:
    """Tell whether it is too late to send an open row."""
    if row.sent_at is None:
        waits = row.expires_at - row.queued_at
        # A clock that was set back by hours must not have a door opened hours later.
        is_before = waits < LONG and row.queued_at - now >= waits
        return is_before or now >= row.expires_at
    return abs(now - row.sent_at) >= RESEND_AFTER and (
        row.tries >= MOST_TRIES or not row.repeatable or now >= row.expires_at
    )


def finish(
    rows: Sequence[CommandRow], results: Iterable[CommandResult], now: float
) -> Finished:
    """Return what results change; `rows` are those that are open or expired lately.

    A second result of a command changes nothing. One that is refused since the firmware
    does not know it is said once more, in other words: nothing was done. Of older
    changes that were not answered, nothing is said again that was done anew.
    """
    known = {str(row.id): row for row in rows if row.sent_at is not None}
    changed: dict[int, CommandRow] = {}
    results = [*results]
    told = [(known.get(result.id), result) for result in results]
    knows_old: bool | None = None
    # What was done first: a refusal may be told twice.
    for result in sorted(results, key=lambda result: result.reason() is not None):
        row = known.get(result.id)
        if row is None or row.state in {"done", "failed"}:
            continue
        code, reason = result.code, result.reason(enrolls=row.kind == "enroll")
        if reason in NOT_KNOWN and row.is_open and (again := _in_other_words(row)):
            del known[result.id]  # until it is sent
            changed[row.id] = replace(
                again, state="queued", sent_at=None, code=code, reason=reason
            )
            continue
        if reason in NOT_KNOWN and row.reason is not None:
            code, reason = row.code, row.reason  # why it did not know the first words
        elif reason is None and (is_old(row.text) or row.reason is not None):
            knows_old = is_old(row.text)
        row, text = ended(row, "failed" if reason else "done", now, code, reason), row
        known[result.id] = changed[row.id] = row
        if reason is None:
            for one in (changed.get(one.id, one) for one in rows if one.id < row.id):
                if one.is_open and (left := overtaken(one, text, now)) is not None:
                    changed[one.id] = known[str(one.id)] = left
    return Finished(tuple(changed.values()), tuple(told), knows_old)


def _in_other_words(row: CommandRow) -> CommandRow | None:
    """Return a command in words that were not refused yet, if there are any."""
    if row.reason is not None or not (text := _old(row) or in_new_words(row.text)):
        return None
    return replace(row, text=text)


def overtaken(old: CommandRow, newer: CommandRow, now: float) -> CommandRow | None:
    """Return what is left of a change when a newer one was done; None if that is all."""
    if old.user_id != newer.user_id or not (
        is_change(old.kind) and is_change(newer.kind)
    ):
        return None
    left = without_newer(old.kind, old.text, newer.kind, newer.text)
    if left == old.text:
        return None
    # With nothing left it may be answered yet, and is not said again.
    return replace(old, text=left) if left else replace(old, expires_at=now)


def _old(row: CommandRow) -> str | None:
    """Return a command in old words, which may not leave alone what they do not name."""
    return None if row.kind == "change_user" else in_old_words(row.text)


def ended(
    row: CommandRow,
    state: CommandState,
    now: float,
    code: int | None = None,
    reason: Reason | None = None,
) -> CommandRow:
    """Return a row that came to its end, without what it said, and of whom."""
    return replace(
        row, state=state, text="", user_id="", ended_at=now, code=code, reason=reason
    )


def answer_text(rows: Sequence[CommandRow], family: Family) -> str:
    """Return the answer to a poll."""
    if not rows:
        return "OK"
    between = "\n" if family == "att" else "\r\n\r\n"
    return between.join(f"C:{row.id}:{row.text}" for row in rows) + "\n"
