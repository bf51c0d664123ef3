"""What several roads tell of the same punch."""

from ..records import Punch


def told_together(first: Punch, second: Punch) -> tuple[Punch, bool]:
    """Return what two roads tell of a punch, and whether they tell different things.

    So the order in which they do makes no difference, unless both tell the same thing
    otherwise.
    """
    told, is_other = first, False
    if (more := _known_by_key(second)) > (known := _known_by_key(first)):
        told = told._replace(direction=second.direction, state_code=second.state_code)
    elif more == known:
        is_other = first.direction != second.direction
    if (more := _known_by_code(second)) > (known := _known_by_code(first)):
        told = told._replace(method=second.method, verify_code=second.verify_code)
    elif more == known:
        is_other |= first.method != second.method
    if first.work_code is None:
        told = told._replace(work_code=second.work_code)
    return told, is_other


def _known_by_key(punch: Punch) -> tuple[bool, bool]:
    # A gate has a direction without any key.
    return punch.direction != "unknown", punch.state_code is not None


def _known_by_code(punch: Punch) -> tuple[bool, bool]:
    return punch.method != "unknown", punch.verify_code is not None
