"""Photos that a terminal pushes, among the media: the latest of them."""

from collections.abc import Iterable
from pathlib import Path
import re
from time import time
from typing import Final

from homeassistant.util.signal_type import SignalType

from ..core.adms.content import Photo
from ..core.adms.fields import photo_of_punch, seconds_of_photo

# A photo was kept: of which terminal, of whom, at which local second, and its name.
SIGNAL_PHOTO: Final[SignalType[str, str, int, str]] = SignalType("syncid_photo")

# A punch by what names it: serial number, user id, local second.
type Named = tuple[str, str, int]

# What is kept of a terminal: for so many seconds, so many, and so many bytes.
KEPT_FOR: Final = 90 * 86_400
MOST_PHOTOS: Final = 5000
MOST_BYTES: Final = 500 * 1024 * 1024
# Uploads after which the folder is looked through.
_TIDY_EVERY = 100
# Of who punched, and not of who is known by it.
_PUNCHED = "attendance-"
# What no file is called, whatever a terminal says.
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


def delete_photos(folder: Path, users: Iterable[tuple[str, str]]) -> int:
    """Delete the photos of users, named by serial number and id; return how many.

    `folder` holds those of all terminals. As all here, it blocks.
    """
    count = 0
    for serial, user_id in users:
        name = re.escape(_NOT_IN_NAMES.sub("_", user_id))
        # Before the id stands when it was, as most terminals call them.
        of_user = re.compile(rf"[a-z]+-(?:\d+-)?{name}(?:\.\w+)?")
        for path in (folder / serial).glob("*"):
            if of_user.fullmatch(path.name):
                path.unlink(missing_ok=True)
                count += 1
    return count


def kept_as(photo: Photo) -> str:
    """Return what a photo's file is called, whatever a terminal calls it."""
    name = photo.file_name or f"{photo.user_id}.jpg"
    return f"{photo.kind}-{_NOT_IN_NAMES.sub('_', name)}"


def find_photos(folder: Path, punches: Iterable[Named]) -> dict[Named, str]:
    """Return the names of photos of punches, as far as there are any; blocks.

    `folder` holds those of all terminals. None of them is listed, where thousands may
    be: what a photo of a punch is called is known.
    """
    found: dict[Named, str] = {}
    for punch in punches:
        serial, user_id, second = punch
        for taken in seconds_of_photo(second):
            name = f"{_PUNCHED}{photo_of_punch(user_id, taken)}"
            # An id with other characters may be called as somebody else's.
            if not _NOT_IN_NAMES.search(name) and (folder / serial / name).is_file():
                found[punch] = name
                break
    return found


class PhotoFolder:
    """The folder of one terminal; all of it blocks."""

    def __init__(self, path: Path) -> None:
        """Make nothing before there is a photo."""
        self._path = path
        self._uploads = 0

    def save(self, photos: Iterable[Photo]) -> None:
        """Write photos, each by what it is of, and make room now and then."""
        self._path.mkdir(parents=True, exist_ok=True)
        for photo in photos:
            (self._path / kept_as(photo)).write_bytes(photo.content)
        if self._uploads % _TIDY_EVERY == 0:
            self._tidy()
        self._uploads += 1

    def _tidy(self) -> None:
        """Remove what is too old, or more than there shall be."""
        files = [
            (status.st_mtime, status.st_size, path)
            for path in self._path.iterdir()
            if path.is_file() and (status := path.stat())
        ]
        since, size = time() - KEPT_FOR, 0
        for place, (changed, bytes_, path) in enumerate(sorted(files, reverse=True)):
            size += bytes_
            if place >= MOST_PHOTOS or size > MOST_BYTES or changed < since:
                path.unlink()
