"""Where bad inputs are tried: one desk for all, since a refusal changes nothing on it."""

import pytest

from tests.support.desk import Desk


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.laid(tmp_path_factory.mktemp("desk"))
