"""A promise about the unit tests of macros/: dbt renders the same sql that they test."""

from pathlib import Path

import pytest

from shardrun.errors import ProjectError
from tests.support.render import STREAMS, render
from tests.support.workforce import Workforce

pytestmark = pytest.mark.integration

EVERY_MACRO = """\
select 1 /*
{{ shardrun.draws(
    '(select 1)', var('random_streams'), shardrun.shard_key('employee_id'), 'simulation_year', '42'
) }}
{{ shardrun.philox4x32('counted', {3: ['1', '2', '3', '4']}, ['5', '6']) }}
{{ shardrun.occurs('draw', '0.5') }}
{{ shardrun.pick('draw', 365) }}
{{ shardrun.hash_shard('employee_id', 8) }}
{{ shardrun.shard_of_key('employee_key', 8) }}
{{ shardrun.shard_filter('employee_key') }}
{{ shardrun.quote_literal("O'Brien") }}
{{ shardrun.canonical_order_by(['simulation_year', 'employee_id']) }}
{{ weighted_slots('choices', choice='choice') }}
{{ weighted_slots('choices', choice='choice', within='band') }}
*/ as rendered"""


@pytest.fixture(scope="module")
def workforce(tmp_path_factory: pytest.TempPathFactory) -> Workforce:
    workforce = Workforce(tmp_path_factory.mktemp("workforce"), changes=True)
    (workforce.project / "models" / "every_macro.sql").write_text(EVERY_MACRO)
    return workforce


@pytest.mark.parametrize("shard", [{}, {"shard_id": 2, "total_shards": 5}], ids=["whole", "shard"])
def test_dbt_renders_the_text_that_the_unit_tests_run(
    workforce: Workforce, shard: dict[str, int]
) -> None:
    outcome = workforce.dbt("compile", "--select", "every_macro", **shard)
    assert outcome.success, outcome.failed
    compiled = Path(str(outcome.nodes[0].compiled_path)).read_text()
    assert compiled == render(EVERY_MACRO, **shard)


def test_dbt_refuses_an_unknown_stream_with_the_names_there_are(tmp_path: Path) -> None:
    workforce = Workforce(tmp_path, changes=True)
    (workforce.project / "models" / "retired.sql").write_text(
        "{{ shardrun.draws('t', ['retirement'], 'k', 'y', '1') }}"
    )
    with pytest.raises(ProjectError, match="no random stream 'retirement'") as refused:
        workforce.dbt("parse")
    assert all(stream in str(refused.value) for stream in STREAMS)
