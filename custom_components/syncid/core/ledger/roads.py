"""What several roads tell of the same punch."""

from ..records import Punch, Source

_UNTOLD = frozenset(("unknown", None))


def told_together(first: Punch, second: Punch) -> tuple[Punch, bool]:
    """Return what two roads tell of a punch, and whether they tell different things.

    So the order in which they do makes no difference, unless both tell the same thing
    otherwise, one as surely as the other.
    """
    told = first
    if _known_by_key(second) > _known_by_key(first):
        told = told._replace(direction=second.direction, state_code=second.state_code)
    if _known_by_code(second) > _known_by_code(first):
        told = told._replace(method=second.method, verify_code=second.verify_code)
    if first.work_code is None:
        told = told._replace(work_code=second.work_code)
    return told, _differ(first, second)


def difference_of(
    told: Punch, first: tuple[Source, Punch], second: tuple[Source, Punch]
) -> str:
    """Return what is noted beside what is believed: the words of who tells otherwise."""
    source, punch = second if _differ(told, second[1]) else first
    said = (
        f"{source}: {punch.direction} ({punch.state_code}),"
        f" {punch.method} ({punch.verify_code})"
    )
    if _is_other(told.work_code, punch.work_code):
        said += f", work code {punch.work_code}"
    return said


def _differ(one: Punch, other: Punch) -> bool:
    """Tell whether both tell something, and each another thing."""
    return (
        _is_other(one.direction, other.direction)
        or _is_other(one.method, other.method)
        or _is_other(one.work_code, other.work_code)
    )


def _is_other(one: str | int | None, other: str | int | None) -> bool:
    return one != other and not {one, other} & _UNTOLD


def _known_by_key(punch: Punch) -> tuple[bool, bool]:
    # A gate has a direction without any key.
    return punch.direction != "unknown", punch.state_code is not None


def _known_by_code(punch: Punch) -> tuple[bool, bool]:
    return punch.method != "unknown", punch.verify_code is not None
