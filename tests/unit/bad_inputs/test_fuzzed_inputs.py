"""Whatever a configuration or a census holds, it is taken or refused; there is nothing third."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shardrun.workforce.parameters import WorkforceConfig
from tests.support.desk import CONFIG, Desk
from tests.unit.bad_inputs.census_mistakes import BARE, HEADER, ODD_IDS, quoted

many = settings(
    max_examples=40,
    deadline=None,
    # every example overwrites the files of the one before it
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# every key of every section, in every section: the right ones come together often enough
SECTIONS = sorted(WorkforceConfig.model_fields)
KEYS = sorted(
    {key for section in WorkforceConfig().model_dump().values() for key in section}
    | {"enabled", "shard_count", "workers", "executor", "foundation", "validation", "tags"}
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(1900, 2200)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["auto", "run", "07-01", "1e400", ".inf", "2025-01-01", "dbt"])
)
values = st.recursive(
    scalars,
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), below, max_size=3)
    ),
    max_leaves=8,
)
structured = st.dictionaries(
    st.sampled_from(SECTIONS),
    st.dictionaries(st.sampled_from(KEYS), values, max_size=4),
    max_size=3,
).map(lambda config: json.dumps(config).encode())
yaml_like = st.text("abc:-[]{}&*!|>%@`'\"#,?~<=\t\n .019\\\x85\u2028", max_size=60).map(str.encode)


@many
@given(content=st.one_of(st.binary(max_size=200), yaml_like, structured))
@example(content=b"? ")
@example(content=b"simulation: {start_year: !!int '2025'}")
def test_any_configuration_is_loaded_or_refused(desk: Desk, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fuzzed.yaml"
    path.write_bytes(content)
    said = desk.call("run", "--config", path, "--dry-run")
    assert said.returncode in (0, 2)
    if said.returncode == 2:
        assert said.stderr.count("error: ") == 1
        assert str(path) in said.stderr or "dbt project" in said.stderr
        assert said.stdout == ""


cells = (
    st.text(max_size=12)
    | st.sampled_from(ODD_IDS)
    | st.dates().map(str)
    | st.decimals(allow_nan=True).map(str)
    | st.sampled_from(["", "true", "no", "6%", "31.12.2020", "1,5", "$ 50,000.00", "(5)", "NaN"])
)
rows = st.lists(st.lists(cells.map(quoted), min_size=1, max_size=9), max_size=6)


def _written(header: str, table: list[list[str]]) -> bytes:
    text = header + "".join(",".join(row) + "\n" for row in table)
    return text.encode("utf-8", "surrogatepass")


tables: Any = st.builds(_written, st.sampled_from([HEADER, BARE]), rows)
bytes_below = st.builds(
    lambda header, below: header.encode() + below,
    st.sampled_from([HEADER, BARE]),
    st.binary(max_size=300),
)


@many
@given(content=st.one_of(st.binary(max_size=300), bytes_below, tables))
def test_any_census_is_imported_whole_or_refused(
    desk: Desk, tmp_path: Path, content: bytes
) -> None:
    path, target = tmp_path / "fuzzed.csv", tmp_path / "imported.parquet"
    path.write_bytes(content)
    target.unlink(missing_ok=True)
    said = desk.call("census", "import", path, "-o", target, "--config", CONFIG)
    assert said.returncode in (0, 2)
    assert target.exists() == (said.returncode == 0)
    if said.returncode == 2:
        assert said.stderr.count("error: ") == 1
        assert str(path) in said.stderr
    assert {file.name for file in tmp_path.iterdir()} <= {"fuzzed.csv", "imported.parquet"}
