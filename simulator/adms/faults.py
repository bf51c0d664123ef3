"""The switches of a terminal that pushes: what real ones do, and should not.

protocol-adms §13. All may be changed while it runs. A switch that says "once"
goes back to its default when it has struck, unless repeat is set.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from simulator.http import Manner
from simulator.switches import Switches

type SerialKey = Literal["SN", "sn", "Sn", "none"]
type Case = Literal["as_is", "upper", "title"]
type KeyCase = Literal["as_is", "upper", "lower"]
type TimeFormat = Literal["space", "t", "epoch"]
type LineEnd = Literal["lf", "crlf"]
type NameEncoding = Literal["utf-8", "gb2312", "percent"]
type Stamps = Literal["obey", "ignore"]
type InfoLength = Literal["normal", "short", "long", "none"]
type DataOrder = Literal["before", "after"]
type QueryTables = Literal["operlog", "own"]
type ReturnKey = Literal["Return", "return"]
type SumKey = Literal["AttlogSum", "AttlogCount"]
type RowsAnswer = Literal["count", "ok"]
type PhotoPath = Literal["cdata", "fdata"]


@dataclass(slots=True, kw_only=True)
class AdmsFaults(Switches):
    """What is odd or wrong at the moment; the defaults are a good terminal."""

    # How requests look
    path_suffix: Annotated[str, "behind each path, such as .aspx"] = ""
    path_prefix: Annotated[str, "before each path, such as /wrong"] = ""
    path_case: Annotated[Case, "how paths are written"] = "as_is"
    trailing_slash: Annotated[bool, "a slash behind each path"] = False
    serial_key: Annotated[SerialKey, "the query's key of the serial number"] = "SN"
    keep_alive: Annotated[bool, "one connection for many requests"] = True

    # How lines look
    attlog_fields: Annotated[
        int | None, "fields of a punch: 2 to 12; none: the profile's"
    ] = None
    time_format: Annotated[
        TimeFormat, "the time of a punch with a space, a T, or in seconds since 1970"
    ] = "space"
    line_end: Annotated[LineEnd, "what is between lines"] = "lf"
    last_line_end: Annotated[bool, "the last line has an end too"] = True
    name_encoding: Annotated[
        NameEncoding | None, "how names travel; none: the profile's"
    ] = None
    key_case: Annotated[KeyCase, "how the keys in lines are written"] = "as_is"
    reverse_fields: Annotated[bool, "the keys of a line in another order"] = False
    repeat_lines: Annotated[int, "how often each line is sent"] = 1
    bad_line: Annotated[
        int, "the line of the next upload before which one is that is none; once"
    ] = 0
    empty_body: Annotated[bool, "the next upload has no body; once"] = False
    batch: Annotated[int, "lines in one upload at most"] = 500
    ignore_post_size: Annotated[bool, "uploads longer than MaxPostSize"] = False
    photo_path: Annotated[PhotoPath, "where photos of punches are sent"] = "cdata"
    photo_base64: Annotated[
        bool, "photos of punches as text, whatever ATTPHOTOBase64 says"
    ] = False

    # What it makes of answers
    takes_bare_ok: Annotated[
        bool | None, "OK without a number acknowledges; none: as the profile does"
    ] = None
    rows_answer: Annotated[
        RowsAnswer,
        "what acknowledges rows of tabledata: user=n, or OK, as a ZAM70 was seen to want",
    ] = "count"
    never_acknowledged: Annotated[
        bool, "no answer is good enough: all is sent again and again"
    ] = False
    stamps: Annotated[
        Stamps | None,
        "whether the server's stamps decide what is sent again; none: as the "
        "profile does",
    ] = None
    clock_stamps: Annotated[
        bool, "stamps are the clock's time, even if it goes back"
    ] = False
    forgets_position: Annotated[
        bool, "a power cut loses what was acknowledged: all comes again"
    ] = False
    ignore_date: Annotated[bool, "the server's Date does not set the clock"] = False
    registry_loop: Annotated[bool, "no RegistryCode is good enough"] = False

    # Commands and their results
    poll_by_push: Annotated[
        bool, "commands are asked for by POST /push, as some 3.x firmware does"
    ] = False
    return_key: Annotated[ReturnKey, "how Return is written"] = "Return"
    result_lines: Annotated[
        bool, "the parts of a result are lines, as those of GetFile and Shell are"
    ] = False
    sum_key: Annotated[SumKey, "what the count of VERIFY SUM is called"] = "AttlogSum"
    return_code: Annotated[
        int | None, "the code of the next result, whatever came of it; once"
    ] = None
    result_id: Annotated[
        str | None, "the id of the next result, which nobody gave; once"
    ] = None
    results_per_post: Annotated[int, "results that wait are sent so many at once"] = 1
    lose_result: Annotated[bool, "the next result is never sent; once"] = False
    data_order: Annotated[
        DataOrder, "what a query brings is sent before or after its result"
    ] = "before"
    query_tables: Annotated[
        QueryTables, "a query's people and fingers come as OPERLOG, or as their own"
    ] = "operlog"
    info: Annotated[InfoLength, "how much INFO tells at the first poll"] = "normal"

    # How bytes travel
    slow_piece: Annotated[int, "bodies travel in pieces of so many bytes; 0: whole"] = 0
    slow_pause: Annotated[float, "seconds between the pieces"] = 0.01
    cut_body: Annotated[
        int | None, "hang up after so many bytes of the next body; once"
    ] = None
    hang_up: Annotated[
        int, "hang up when the nth body from now is sent, unanswered; once"
    ] = 0

    # The clock
    clock_offset: Annotated[float, "seconds that the clock is ahead"] = 0.0
    repeat: Annotated[bool, "switches that strike once strike every time"] = False

    def manner(self, *, body: bool) -> Manner:
        """Return how the next request travels."""
        cut, hang_up = None, False
        if body:
            if self.cut_body is not None:
                cut = self.strike("cut_body", self.cut_body)
            if self.hang_up > 1:
                self.hang_up -= 1
            elif self.hang_up:
                hang_up = self.strike("hang_up", True)
        return Manner(
            piece=self.slow_piece if body else 0,
            pause=self.slow_pause,
            cut_after=cut,
            hang_up=hang_up,
            keep_alive=self.keep_alive,
        )
