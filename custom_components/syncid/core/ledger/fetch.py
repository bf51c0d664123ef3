"""Rows as SQLite gives them: SQLAlchemy's own take as long again to make."""

import sqlite3
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def fetch_all(
    connection: Connection, sql: str, values: tuple[Any, ...] = ()
) -> list[tuple[Any, ...]]:
    """Return all rows of a query, as plain tuples."""
    result = connection.exec_driver_sql(sql, values)
    try:
        return [*result.cursor.fetchall()]
    except sqlite3.Error as err:
        # What SQLAlchemy makes of it: the ledger mends a file that cannot be read.
        raise DBAPIError(sql, values, err) from err
    finally:
        result.close()
