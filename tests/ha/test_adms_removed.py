"""Who was removed at a terminal that pushes, by its own menu."""

from datetime import timedelta

import pytest

from .kit import KitAdms, SyncIDKit
from .test_adms_actions import done, refusal
from .test_two_roads import two_roads

CLEARED = pytest.mark.parametrize("number", [13, 22])


@pytest.fixture
async def terminal(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal that told who is there."""
    terminal = await syncid.add_adms_terminal(url)
    await terminal.call("list_users")
    return terminal


def operation(terminal: KitAdms, number: int, object_: str = "0", days: int = 0) -> str:
    """Return what a terminal notes of something that was done so many days ago."""
    when = terminal.device.now() - timedelta(days=days)
    return f"OPLOG {number}\t0\t{when:%Y-%m-%d %H:%M:%S}\t{object_}\t0\t0\t0\n"


async def post(terminal: KitAdms, *lines: str) -> int:
    """Have a terminal tell something; return how many commands it had got by then."""
    assert (await terminal.post("".join(lines).encode(), "OPERLOG")).ok
    return len(terminal.device.commands)


async def test_removed(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """Who is not there any more is told by name, is not changed, and may be added."""
    name = terminal.device.users["1002"].name
    terminal.device.remove_user("1002")
    await terminal.simulation.until_uploaded()
    alarm = await syncid.next_alarm()
    assert (alarm["type"], alarm["user_name"]) == ("user_removed", name)
    assert (
        await refusal(terminal, "update_user", user_id="1002", name="New")
        == "user_unknown"
    )
    assert "1002" not in terminal.device.users
    assert (await done(terminal, "enroll_user", user_id="1002", name="New"))["done"]
    assert terminal.device.users["1002"].name == "New"


async def test_removed_and_away(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """Who is known not to be there may be added while the terminal is away."""
    terminal.device.remove_user("1002")
    await terminal.simulation.until_uploaded()
    await terminal.switch_off()
    await syncid.advance(91)
    assert (
        await refusal(terminal, "enroll_user", user_id="1001", name="New")
        == "user_exists"
    )
    assert (await done(terminal, "enroll_user", user_id="1002"))["queued"]


@CLEARED
async def test_cleared(terminal: KitAdms, number: int) -> None:
    """The same after all was cleared: the terminal is asked who is there."""
    for user_id in tuple(terminal.device.users):
        terminal.device.forget_user(user_id)
    terminal.device.operation(number)
    await terminal.simulation.until_uploaded()
    assert (
        await refusal(terminal, "update_user", user_id="1002", name="New")
        == "user_unknown"
    )
    assert terminal.device.users == {}
    assert (await done(terminal, "enroll_user", user_id="1002", name="New"))["done"]


@CLEARED
async def test_cleared_long_ago(
    syncid: SyncIDKit, terminal: KitAdms, number: int
) -> None:
    """Who was added since is asked for again, and has a name then."""
    asked = await post(terminal, operation(terminal, number, days=9))
    await terminal.simulation.until(lambda: len(terminal.device.commands) > asked)
    await terminal.simulation.until_polled(2)
    await terminal.simulation.punch("1001")
    punch = await syncid.next_punch()
    assert punch["user_name"] == terminal.device.users["1001"].name
    assert (
        await refusal(terminal, "enroll_user", user_id="1001", name="New")
        == "user_exists"
    )


@pytest.mark.parametrize("user_id", ["1001", "0"])
async def test_removed_long_ago(
    syncid: SyncIDKit, terminal: KitAdms, user_id: str
) -> None:
    """An old removal that is sent anew keeps nobody out who is back since."""
    await post(terminal, operation(terminal, 9, user_id, days=9))
    assert (
        await refusal(terminal, "enroll_user", user_id="1001", name="New")
        == "user_exists"
    )
    await post(terminal, operation(terminal, 9, user_id, days=8))
    assert (await done(terminal, "update_user", user_id="1001", name="New"))["done"]
    await post(terminal, operation(terminal, 9, user_id, days=7))
    await terminal.switch_off()
    await syncid.advance(91)
    # Whoever is written blindly is written over who is there.
    assert (
        await refusal(terminal, "enroll_user", user_id="1001", name="New")
        == "users_unknown"
    )


@pytest.mark.parametrize("days", [0, 9])
async def test_removed_and_added_again(terminal: KitAdms, days: int) -> None:
    """Who is told behind a removal is there, and nobody has to be asked."""
    removed = operation(terminal, 9, "1001", days)
    user = "USER PIN=1001\tName=Eva\n"
    before = await post(terminal, removed, user)
    # Sent again, it is nothing new.
    await post(terminal, removed)
    assert (
        await refusal(terminal, "enroll_user", user_id="1001", name="New")
        == "user_exists"
    )
    assert len(terminal.device.commands) == before


async def test_told_and_removed(terminal: KitAdms) -> None:
    """Who is told before a removal is not there."""
    del terminal.device.users["1001"]
    user = "USER PIN=1001\tName=Eva\n"
    await post(terminal, user, operation(terminal, 9, "1001"))
    assert (
        await refusal(terminal, "update_user", user_id="1001", name="New")
        == "user_unknown"
    )
    await post(terminal, user, operation(terminal, 13))
    assert (
        await refusal(terminal, "update_user", user_id="1001", name="New")
        == "user_unknown"
    )


async def test_old_removal_by_one_of_two_roads(syncid: SyncIDKit, url: str) -> None:
    """Where port 4370 is open, that tells who is there."""
    terminal, pushing = await two_roads(syncid, url)
    both = KitAdms(terminal.hass, pushing, terminal.entry)
    await post(both, operation(both, 9, "1001", days=9), operation(both, 13, days=8))
    terminal.punch("1001")
    assert (await syncid.next_punch())["user_name"] is not None
