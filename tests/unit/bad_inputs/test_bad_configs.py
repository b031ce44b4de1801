"""Every bad configuration ends in one message with file, line, column, key and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.desk import CENSUS, DATABASE, Desk
from tests.unit.bad_inputs.config_mistakes import CORPUS, UNREADABLE, Mistake

RecordProperty = Callable[[str, object], None]


@pytest.mark.parametrize("mistake", CORPUS, ids=lambda mistake: mistake.name.replace(" ", "-"))
def test_a_mistake_is_named_with_its_place_and_key(
    mistake: Mistake, desk: Desk, tmp_path: Path, record_property: RecordProperty
) -> None:
    path = tmp_path / "bad.yaml"
    text = mistake.text
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = desk.refuse(
        *("run", "2025", "--config", path, "--census", CENSUS, "--database", DATABASE)
    )
    summary, *problems = said.removeprefix("error: ").splitlines()
    if problems:
        assert summary == f"{path} is not acceptable: 1 problem"
        assert len(problems) == 1
    line = problems[0] if problems else summary
    start = f"{path}:{mistake.place}: "
    assert line.startswith(start)
    assert mistake.key in line.removeprefix(start)
    assert mistake.says in line.removeprefix(start)
    if mistake not in UNREADABLE:
        assert line.startswith(f"{start}{mistake.key}: ")
    record_property("bad inputs refused", 1)


def test_the_names_in_the_corpus_are_unique() -> None:
    names = [mistake.name for mistake in CORPUS]
    assert len(names) == len(set(names))
