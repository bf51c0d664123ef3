"""Who may push logs in JSON: tokens that are wrong, and bodies that come late."""

import pytest

from .kit import PUSH_LOG, SyncIDKit
from .raw import ask, request, status


@pytest.mark.usefixtures("gateway")
async def test_token_that_is_no_text(syncid: SyncIDKit, url: str) -> None:
    """Whatever bytes a token has, it is a wrong one.

    Behind `Bearer` with a capital, Home Assistant itself looks at it first, and fails.
    """
    answer = await ask(
        url,
        request(
            f"POST {PUSH_LOG}",
            b"{}",
            Authorization=b"bearer \xff\xfe",
            Content_Type="application/json",
        ),
    )
    assert status(answer) == 401
    assert b'"token_wrong"' in answer
