"""A stage of several models: which of them is named, where, and what its inputs are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shardrun.shard_safety import CompiledModel, StageVerdict, analyze_stage
from tests.unit.shard_safety.corpus import INPUTS, KEYS
from tests.unit.shard_safety.verdicts import model, verdict_of, verdict_on

MINE = "select * from people where [shard employee_key]"


def test_inputs_are_told_apart_by_whether_a_shard_needs_all_of_their_rows() -> None:
    verdict = verdict_on(
        "with idle as (select * from parameters) "
        "select employee_id, title from people join bands using (team) where [shard employee_key]"
    )
    assert verdict.narrowed_inputs == ('"db"."main"."people"',)
    assert verdict.broadcast_inputs == ('"db"."main"."bands"',)


def test_an_input_that_no_shard_can_read_is_refused_where_it_is_read() -> None:
    (violation,) = analyze_stage(
        [model("events", f"with mine as ({MINE})\nselect mine.* from mine\ncross join bands")],
        inputs=INPUTS,
        keys=KEYS,
        canonical="events",
        unreadable={'"db"."main"."bands"': "a view over read_csv()"},
    ).violations
    assert violation.line == 3
    assert "it reads bands, a view over read_csv(), and a shard opens" in violation.reason
    assert "make a table of it" in violation.advice


def test_a_model_may_read_what_an_earlier_one_made_this_year() -> None:
    verdict = verdict_of(
        model("int_mine", MINE),
        model("events", 'select employee_id, pay from "db"."main"."int_mine"'),
    )
    assert verdict.is_safe
    assert verdict.narrowed_inputs == ('"db"."main"."people"',)


def test_what_an_earlier_model_did_to_the_rows_counts_in_a_later_one() -> None:
    (violation,) = verdict_of(
        model("int_mine", MINE), model("events", "select count(*) as n\nfrom int_mine")
    ).violations
    assert (violation.model, violation.line) == ("events", 1)
    assert "count_star()" in violation.reason


def test_a_model_may_not_read_what_a_later_one_makes() -> None:
    (violation,) = verdict_of(
        model("int_early", "select employee_id from\n int_late where [shard employee_id]"),
        model("int_late", MINE),
        model("events", MINE),
    ).violations
    assert violation.place == "target/int_early.sql:2:2"
    assert "int_late, a table that this stage writes" in violation.reason


def test_an_inlined_model_is_named_with_its_own_file_and_line() -> None:
    ranked = "select employee_id,\n row_number() over (order by pay, employee_id) as n\nfrom mine"
    inlined = f"with mine as ({MINE}),\n__dbt__cte__int_ranked as (\n{ranked})\n"
    (violation,) = verdict_of(
        model("int_ranked", f"with mine as ({MINE}) {ranked}", is_ephemeral=True),
        model("events", inlined + "select * from __dbt__cte__int_ranked"),
    ).violations
    assert violation.model == "int_ranked"
    assert violation.path == Path("models/int_ranked.sql")
    assert violation.place == "target/int_ranked.sql:2:2"


def test_an_inlined_model_of_another_stage_is_named_where_it_is_inlined() -> None:
    (violation,) = verdict_on(
        f"with __dbt__cte__stg_all as (\n select * from ({MINE}) limit 1)\n"
        "select * from __dbt__cte__stg_all"
    ).violations
    assert (violation.model, violation.path) == ("stg_all", None)
    assert violation.place.startswith("target/events.sql:2:")


def test_an_ephemeral_model_that_nothing_reads_is_looked_at_all_the_same() -> None:
    (violation,) = verdict_of(
        model("int_idle", "select random() as r from bands", is_ephemeral=True),
        model("events", MINE),
    ).violations
    assert violation.model == "int_idle"


def test_the_message_says_where_what_is_wrong_and_what_to_do() -> None:
    (violation,) = verdict_on(f"select employee_id,\n 'ü', uuid() from ({MINE})").violations
    assert str(violation) == (
        "model events (models/events.sql, compiled as target/events.sql:2:7): uuid() gives another "
        "value in every run and every shard. Draw with shardrun.draws: its draws hang on seed, "
        "key, year and stream alone."
    )


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_lines() -> None:
    verdict = verdict_on(
        "select employee_id,\n random() as r,\n now() as t,\n"
        " rank() over (order by pay) as n\n"
        f"from ({MINE})\nwhere (select max(pay) from people) > 1"
    )
    assert [violation.line for violation in verdict.violations] == [2, 3, 4, 6]


def test_columns_without_types_will_do_but_for_sums() -> None:
    names = {name: tuple(columns) for name, columns in INPUTS.items()}
    verdicts = [
        analyze_stage([each], inputs=names, keys=KEYS, canonical="events")
        for each in (
            model("events", MINE),
            model("events", f"select employee_id, sum(pay) from ({MINE}) group by all"),
        )
    ]
    assert [len(verdict.violations) for verdict in verdicts] == [0, 1]


def test_who_accepts_inexact_sums_accepts_nothing_else() -> None:
    mine = f"select employee_id, score, team from ({MINE})"
    sums = "sum(score) as s, avg(score) as a"

    def reasons(sql: str) -> int:
        return len(
            analyze_stage(
                [model("events", sql)],
                inputs=INPUTS,
                keys=KEYS,
                canonical="events",
                inexact_sums=True,
            ).violations
        )

    assert reasons(f"select employee_id, {sums} from ({mine}) group by all") == 0
    assert reasons(f"select employee_id, stddev(score) as s from ({mine}) group by all") == 1
    assert reasons(f"select employee_id, list(score) as s from ({mine}) group by all") == 1
    assert reasons(f"select team, {sums} from ({mine}) group by all") == 1
    assert not verdict_on(f"select employee_id, {sums} from ({mine}) group by all").is_safe


def test_the_filter_is_tried_on_the_type_that_the_key_has() -> None:
    negative = {**INPUTS, '"db"."main"."people"': {"employee_id": "BIGINT", "team": "INTEGER"}}
    (violation,) = analyze_stage(
        [model("events", "select employee_id from people where employee_id % [n] = [i]")],
        inputs={name: negative[name] for name in ('"db"."main"."people"', '"db"."main"."bands"')},
        keys=["employee_id"],
        canonical="events",
    ).violations
    assert "those with employee_id -1 are in none" in violation.reason


def test_a_stage_without_its_canonical_model_is_refused() -> None:
    (violation,) = verdict_of(model("int_mine", MINE)).violations
    assert violation.model == "events"


def test_the_second_shard_is_read_as_well() -> None:
    broken = replace(model("events", MINE), other_shard_sql="select from where")
    (violation,) = verdict_of(broken).violations
    assert "DuckDB can't read the SQL" in violation.reason


def test_sql_nested_beyond_reach_is_refused() -> None:
    deep = "pay + " * 4000 + "1"
    (violation,) = verdict_on(f"select employee_id, {deep} as x from ({MINE})").violations
    assert violation.model == "events"


PEOPLE, RAISES = '"db"."main"."people"', '"db"."main"."raises"'


def _given_its_own_rows(*models: CompiledModel) -> StageVerdict:
    return analyze_stage(
        models, inputs=INPUTS, keys=KEYS, canonical="events", narrowed={PEOPLE, RAISES}
    )


def test_models_that_know_of_no_shards_are_safe_on_inputs_that_come_narrowed() -> None:
    verdict = _given_its_own_rows(
        model(
            "events",
            "select employee_id, title, amount from people\n"
            "left join raises using (employee_id) join bands using (team)",
        )
    )
    assert verdict.is_safe
    assert verdict.narrowed_inputs == (PEOPLE, RAISES)
    assert verdict.broadcast_inputs == ('"db"."main"."bands"',)


@pytest.mark.parametrize(
    "sql",
    [
        "select employee_id, rank() over (order by pay, employee_id) as r from people",
        "select a.employee_id from people as a join people as b on a.manager_id = b.employee_id",
        "select employee_id from people where pay > (select max(pay) from people)",
        "select team as employee_id from bands",
    ],
)
def test_inputs_that_come_narrowed_excuse_nothing_that_mixes_entities(sql: str) -> None:
    assert not _given_its_own_rows(model("events", sql)).is_safe


def test_models_whose_table_is_the_same_in_every_shard_are_told_apart() -> None:
    verdict = _given_its_own_rows(
        model("int_titles", "select team, title from bands"),
        model("int_mine", "select employee_id, pay from people"),
        model("events", "select employee_id, pay from int_mine"),
    )
    assert verdict.is_safe
    assert verdict.common_models == {"int_titles"}


def test_a_table_that_keeps_its_periods_may_not_be_read_in_its_own_stage() -> None:
    kept = replace(model("int_kept", "select employee_id, pay from people"), keeps_periods=True)
    assert _given_its_own_rows(kept, model("events", "select employee_id from people")).is_safe
    (violation,) = _given_its_own_rows(
        kept, model("events", "select employee_id from int_kept")
    ).violations
    assert "int_kept, a table that this stage writes" in violation.reason
