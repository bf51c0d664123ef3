"""Uploads that terminals pack, and send in packs."""

from collections.abc import Callable
import gzip
from io import BytesIO
import tarfile

import pytest

from homeassistant.core import HomeAssistant

from .kit import KitAdms, SyncIDKit


@pytest.fixture
async def terminal(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal that pushes when it is told to."""
    return await syncid.add_adms_terminal(url, step=True)


def archive(body: bytes) -> bytes:
    """Return a body as terminals pack it."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        info = tarfile.TarInfo("attlog.txt")
        info.size = len(body)
        tar.addfile(info, BytesIO(body))
    return out.getvalue()


async def send(
    terminal: KitAdms, pack: bytes, index: int, table: str = "ATTLOG"
) -> str:
    """Upload one pack, and return the answer."""
    answer = await terminal.post(
        pack, table, ContentType="tgz", PackIdx=str(index), PackCnt="3"
    )
    return f"{answer.status} {answer.text}"


def in_three(packed: bytes) -> list[bytes]:
    """Return an archive in three packs."""
    third = len(packed) // 3
    return [packed[:third], packed[third : 2 * third], packed[2 * third :]]


def kept(syncid: SyncIDKit) -> list[bytes]:
    """Return what is kept aside."""
    return [raw for (raw,) in syncid.in_file("SELECT raw FROM quarantine ORDER BY id")]


def punches(syncid: SyncIDKit) -> int:
    """Return how many punches are stored."""
    ((count,),) = syncid.in_file("SELECT count(*) FROM punches")
    return int(count)


@pytest.mark.parametrize("first", [0, 1])
async def test_packs(syncid: SyncIDKit, terminal: KitAdms, first: int) -> None:
    """An archive that comes in packs is read once all are there; until then it is kept."""
    body = terminal.attlog(*(str(1000 + number) for number in range(300)))
    packs = in_three(archive(body))
    for index in (0, 1):
        assert await send(terminal, packs[index], first + index) == "200 OK: 1"
        assert kept(syncid) == packs[: index + 1]
    assert await send(terminal, packs[2], first + 2) == "200 OK: 300"
    assert punches(syncid) == 300
    assert kept(syncid) == []


async def test_packs_that_are_whole(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """Packs that are archives themselves are read one by one."""
    for index in range(3):
        body = terminal.attlog("1001", minutes_ago=index)
        assert await send(terminal, gzip.compress(body), index + 1) == "200 OK: 1"
        assert punches(syncid) == index + 1


async def test_packs_that_come_again(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """What could not be stored comes again, from that pack on or from the first."""
    packs = in_three(archive(terminal.attlog(*map(str, range(1, 301)))))
    await send(terminal, packs[0], 1)
    await send(terminal, packs[1], 2)
    await send(terminal, packs[1], 2)
    with syncid.full_disk():
        assert (await send(terminal, packs[2], 3)).startswith("500")
    assert await send(terminal, packs[2], 3) == "200 OK: 300"
    assert (punches(syncid), kept(syncid)) == (300, [])
    for index in (1, 1, 2):
        assert await send(terminal, packs[index - 1], index) == "200 OK: 1"
    assert await send(terminal, packs[2], 3) == "200 OK: 300"
    assert (punches(syncid), kept(syncid)) == (300, [])


async def test_pack_without_the_first(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms
) -> None:
    """A pack whose first ones are forgotten is kept as it came."""
    packs = in_three(archive(terminal.attlog(*map(str, range(1, 301)))))
    await send(terminal, packs[0], 1)
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    for index in (1, 2):
        assert await send(terminal, packs[index], index + 1) == "200 OK: 1"
    assert (punches(syncid), kept(syncid)) == (0, packs)


async def test_pack_of_another_table(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """Packs of one table are no part of another; only punches are kept whole if unread."""
    packs = in_three(archive(terminal.attlog(*map(str, range(1, 301)))))
    await send(terminal, packs[0], 1)
    assert await send(terminal, packs[1], 2, "BIODATA") == "200 OK: 1"
    assert await send(terminal, packs[1], 2) == "200 OK: 1"
    told = f"an archive of {len(packs[1])} bytes".encode()
    assert kept(syncid) == [packs[0], told, packs[1]]


@pytest.mark.parametrize("spoil", [lambda raw: raw[:-9], lambda raw: b"x" + raw])
async def test_archive_that_is_none(
    syncid: SyncIDKit, terminal: KitAdms, spoil: Callable[[bytes], bytes]
) -> None:
    """An archive of punches that cannot be read is kept as it came."""
    spoiled = spoil(archive(terminal.attlog("1001")))
    answer = await terminal.post(spoiled, ContentType="tgz")
    assert (answer.status, answer.text) == (200, "OK: 1")
    assert kept(syncid) == [spoiled]
