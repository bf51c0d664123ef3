"""What all tests share."""

import logging

import pytest

# Before the test framework, whose own custom_components would be found first.
import custom_components.syncid

# The test framework turns on the log of every SQL statement.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Allow sockets, on the loopback interface only: the terminals are real."""
    assert custom_components.syncid
