"""What all tests share."""

import logging

from hypothesis import HealthCheck, settings
import pytest

# Before the test framework, whose own custom_components would be found first.
import custom_components.syncid

# The test framework turns on the log of every SQL statement.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


# How long an example takes is for the benchmarks: a machine may have much to do.
settings.register_profile(
    "syncid", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("syncid")


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Allow sockets, on the loopback interface only: the terminals are real."""
    assert custom_components.syncid
