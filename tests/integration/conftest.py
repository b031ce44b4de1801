"""What costs seconds to start and is the same for all integration tests."""

from collections.abc import Iterator

import pytest

from tests.support.plain_dbt import PlainDbt


@pytest.fixture(scope="session")
def plain_dbt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlainDbt]:
    """dbt without anything of ours, in a process of its own."""
    with PlainDbt(tmp_path_factory.mktemp("plain") / "dbt.log") as process:
        yield process
