"""Rows that all tests of one file start from, made once: each test works in a savepoint, and puts them back."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from django.db import transaction
from pytest_django import DjangoDbBlocker

T = TypeVar("T")


def once(blocker: DjangoDbBlocker, make: Callable[[], T]) -> Iterator[T]:
    """The whole of a fixture of scope "module": `yield from once(django_db_blocker, make)`.

    It must ask for `django_db_setup`, the tests for `db`. What `make` asks to be done after the commit waits
    in `connection.run_on_commit`. All is rolled back after the last test of the file.
    """
    with blocker.unblock(), transaction.atomic():
        made = make()
        with blocker.block():
            yield made
        transaction.set_rollback(True)
