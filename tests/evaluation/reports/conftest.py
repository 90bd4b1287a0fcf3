"""The browser in which pages are opened."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chromium import opened_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as started:
        yield started
