"""What devices push in the benchmark: batches of rows, as a gateway and a terminal write them."""

from datetime import datetime, timedelta
import json

ROWS = 500
PEOPLE = 200
_EPOCH = datetime(1970, 1, 1)
_FIRST = datetime(2026, 1, 5, 6)

# User id, local second, state, verify code, work code.
type Row = tuple[str, int, int, int, int]


def batch_of(device: int, number: int) -> list[Row]:
    """Return the rows of a device's nth batch; each is another punch."""
    first = int((_FIRST - _EPOCH).total_seconds()) + number * ROWS * 7
    return [
        (str(1001 + (at + device) % PEOPLE), first + 7 * at, at // PEOPLE % 2, 15, 0)
        for at in range(ROWS)
    ]


def _time(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat(" ")


def as_json(rows: list[Row]) -> bytes:
    """Return rows as a gateway posts them."""
    logs = [
        {
            "user_id": user_id,
            "timestamp": _time(second),
            "status": state,
            "verify": verify,
            "work_code": work_code,
        }
        for user_id, second, state, verify, work_code in rows
    ]
    return json.dumps({"logs": logs}).encode()


def as_attlog(rows: list[Row]) -> bytes:
    """Return rows as a terminal uploads them."""
    lines = [
        f"{user_id}\t{_time(second)}\t{state}\t{verify}\t{work_code}\t0\t0\n"
        for user_id, second, state, verify, work_code in rows
    ]
    return "".join(lines).encode()
