"""Every mistake in this corpus ends in one message with file, line, column, key and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from shardrun.config import load_config
from shardrun.errors import ConfigError
from shardrun.workforce.parameters import WorkforceConfig


@dataclass(frozen=True)
class Mistake:
    """A bad file, the place and key its message must name, and a part of what it must say."""

    name: str
    text: str | bytes
    place: str
    key: str
    says: str


UNREADABLE = [
    Mistake("empty file", "", "1:1", "", "the file is empty"),
    Mistake("nothing but comments", "# simulation:\n#   start_year: 1\n", "3:1", "", "is empty"),
    Mistake("list at the top", "- a\n- b\n", "1:1", "", "sections with keys"),
    Mistake("text at the top", "simulation\n", "1:1", "", "sections with keys"),
    Mistake("empty value at the top", "---\n...\n", "2:1", "", "sections with keys"),
    Mistake("tab as indentation", "plan:\n\tescalation_cap: 0.1\n", "2:1", "", "indent"),
    Mistake("tab after a colon", "plan: \t{}\n", "1:7", "", "spaces"),
    Mistake("latin-1 text", "project:\n  target: caf\xe9\n".encode("latin-1"), "2:14", "", "UTF-8"),
    Mistake("utf-16 text", "plan: {}\n".encode("utf-16"), "1:1", "", "save the file as UTF-8"),
    Mistake("binary file", b"PAR1\x15\x04\x15\x10\x00", "1:5", "", "control character 0x15"),
    Mistake("control character", "plan: {}\n\nproject: \x07\n", "3:10", "", "0x07"),
    Mistake("duplicate section", "plan: {}\nproject: {}\nplan: {}\n", "3:1", "plan", "on line 1"),
    Mistake(
        "duplicate key",
        "plan:\n  escalation_cap: 0.1\n  escalation_cap: 0.2\n",
        "3:3",
        "escalation_cap",
        "given before, on line 2",
    ),
    Mistake(
        "duplicate key, quoted once",
        'plan:\n  escalation_cap: 0.1\n  "escalation_cap": 0.2\n',
        "3:3",
        "escalation_cap",
        "given before",
    ),
    Mistake("alias", "a: &x [1]\nb: *x\n", "2:4", "*x", "write the value out"),
    Mistake("alias of nothing", "a: *x\n", "1:4", "*x", "write the value out"),
    Mistake("value that holds itself", "a: &x [*x]\n", "1:8", "*x", "write the value out"),
    Mistake(
        "billion laughs",
        "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(50)),
        "2:10",
        "*a",
        "write the value out",
    ),
    Mistake("merge key", "a: &a {x: 1}\nplan:\n  <<: *a\n", "3:7", "*a", "not supported"),
    Mistake("alias as a key", "a: &a x\n*a : 1\n", "2:1", "*a", "not supported"),
    Mistake("python object", "plan: !!python/object:os.system {}\n", "1:7", "python", "tags"),
    Mistake("own tag", "plan:\n  escalation_cap: !rate 0.1\n", "2:19", "!rate", "plain value"),
    Mistake("standard tag", "plan:\n  escalation_date: !!str 07-01\n", "2:20", "str", "tags"),
    Mistake("tag on a key", "!!str plan: {}\n", "1:1", "str", "tags"),
    Mistake("YAML 1.1 directive", "%YAML 1.1\n---\nplan: {}\n", "2:1", "", "directives"),
    Mistake("tag directive", "%TAG ! tag:x,2000:\n---\nplan: {}\n", "2:1", "", "directives"),
    Mistake("second document", "plan: {}\n---\nproject: {}\n", "2:1", "", "second document"),
    Mistake("list as a key", "? [a, b]\n: 1\n", "1:3", "", "plain word"),
    Mistake("nested without end", "a: " + "[" * 5000 + "]" * 5000, "1:24", "", "levels deep"),
    Mistake("bracket left open", "plan: {escalation_cap: 0.1\n", "2:1", "", "not readable as YAML"),
    Mistake("quote left open", 'project:\n  target: "dev\n', "3:1", "", "not readable as YAML"),
    Mistake("percent sign", "census:\n  date_format: %m/%d/%Y\n", "2:16", "", "put it in quotes"),
    Mistake("at sign", "project:\n  target: @dev\n", "2:11", "", "put it in quotes"),
    Mistake("wrong indentation", "plan:\n  a: 1\n    b: 2\n", "3:6", "", "check the indentation"),
    Mistake("colon in text", "project:\n  target: a: b\n", "2:12", "", "in quotes"),
    Mistake("escaped NUL", 'project:\n  project_dir: "a\\0b"\n', "2:16", "", "not text"),
    Mistake("half a surrogate pair", 'project:\n  target: "\\ud800"\n', "2:11", "", "not text"),
    Mistake("escape beyond Unicode", 'project:\n  target: "\\UFFFFFFFF"\n', "2:3", "", "\\U"),
]

UNKNOWN_KEYS = [
    Mistake(
        "misspelt section", "simulaton: {}\n", "1:1", "simulaton", 'did you mean "simulation"?'
    ),
    Mistake("section in capitals", "PLAN: {}\n", "1:1", "PLAN", 'did you mean "plan"?'),
    Mistake(
        "misspelt key",
        "simulation:\n  start_yaer: 2025\n",
        "2:3",
        "simulation.start_yaer",
        'did you mean "start_year"?',
    ),
    Mistake(
        "hyphen for underscore",
        "simulation:\n  random-seed: 1\n",
        "2:3",
        "simulation.random-seed",
        'did you mean "random_seed"?',
    ),
    Mistake(
        "misspelt stage",
        "workflow:\n  stages:\n    fondation:\n      tags: [FOUNDATION]\n",
        "3:5",
        "workflow.stages.fondation",
        'unknown key; did you mean "foundation"?',
    ),
    Mistake(
        "stage in capitals",
        "workflow:\n  stages:\n    VALIDATION: {tags: [V]}\n",
        "3:5",
        "workflow.stages.VALIDATION",
        'did you mean "validation"?',
    ),
    Mistake(
        "misspelt key of a stage",
        "workflow:\n  stages:\n    foundation:\n      tags: [F]\n      treading: parallel\n",
        "5:7",
        "workflow.stages.foundation.treading",
        'did you mean "threading"?',
    ),
    Mistake(
        "key of a section at the top",
        "dbt_threads: 6\n",
        "1:1",
        "dbt_threads",
        'did you mean "performance.dbt_threads"?',
    ),
    Mistake(
        "epic's first name of sharding",
        "event_shards: 4\n",
        "1:1",
        "event_shards",
        'did you mean "performance.event_sharding"?',
    ),
    Mistake(
        "sharding key one level up",
        "performance:\n  shard_count: 4\n",
        "2:3",
        "performance.shard_count",
        'did you mean "performance.event_sharding.shard_count"?',
    ),
    Mistake(
        "optimizer switch",
        "performance:\n  enable_query_optimization: true\n",
        "2:3",
        "performance.enable_query_optimization",
        "DuckDB's optimizer is always on; remove the key",
    ),
    Mistake(
        "column that the census has not",
        "census:\n  columns:\n    shoe_size: Size\n",
        "3:5",
        "census.columns.shoe_size",
        "known here: employee_id, birth_date",
    ),
    Mistake("nothing like it", "zzz: 1\n", "1:1", "zzz", "known here: simulation, workflow"),
    Mistake("number as a key", "plan:\n  2027: 1\n", "2:3", "plan.2027", "unknown key"),
    Mistake("empty key", "plan:\n  : 1\n", "2:3", "plan.", "unknown key"),
    Mistake("merge of keys", "plan:\n  <<: {a: 1}\n", "2:3", "plan.<<", "unknown key"),
]

WRONG_TYPES = [
    Mistake(
        "quoted number",
        'simulation:\n  start_year: "2025"\n',
        "2:15",
        "simulation.start_year",
        'expected a whole number, not the text "2025"; write it without quotes',
    ),
    Mistake(
        "float for a whole number",
        "performance:\n  dbt_threads: 1.0\n",
        "2:16",
        "performance.dbt_threads",
        "expected a whole number, not 1.0",
    ),
    Mistake(
        "true for a whole number",
        "simulation:\n  random_seed: true\n",
        "2:16",
        "simulation.random_seed",
        "expected a whole number, not true",
    ),
    Mistake(
        "date for a year",
        "simulation:\n  start_year: 2025-01-01\n",
        "2:15",
        "simulation.start_year",
        'not the text "2025-01-01"',
    ),
    Mistake(
        "leading zero",
        "plan:\n  eligibility_wait_days: 090\n",
        "2:26",
        "plan.eligibility_wait_days",
        "without quotes and leading zeros",
    ),
    Mistake(
        "quoted rate",
        'compensation:\n  cola_rate: "0.02"\n',
        "2:14",
        "compensation.cola_rate",
        'expected a number, not the text "0.02"',
    ),
    Mistake(
        "rate in percent signs",
        "compensation:\n  cola_rate: 2%\n",
        "2:14",
        "compensation.cola_rate",
        'expected a number, not the text "2%"',
    ),
    Mistake(
        "decimal comma",
        "compensation:\n  cola_rate: 0,02\n",
        "2:14",
        "compensation.cola_rate",
        'expected a number, not the text "0,02"',
    ),
    Mistake(
        "true for a rate",
        "compensation:\n  cola_rate: true\n",
        "2:14",
        "compensation.cola_rate",
        "expected a number, not true",
    ),
    Mistake(
        "yes for true",
        "performance:\n  event_sharding:\n    enabled: yes\n",
        "3:14",
        "performance.event_sharding.enabled",
        'expected true or false, not the text "yes"',
    ),
    Mistake(
        "one for true",
        "performance:\n  event_sharding:\n    enabled: 1\n",
        "3:14",
        "performance.event_sharding.enabled",
        "expected true or false, not 1",
    ),
    Mistake(
        "true for a whole section",
        "performance:\n  event_sharding: true\n",
        "2:19",
        "performance.event_sharding",
        "expected keys under it, not true",
    ),
    Mistake(
        "empty section",
        "simulation:\n  start_year: 2025\nplan:\n",
        "3:1",
        "plan",
        "expected keys under it, not an empty value",
    ),
    Mistake(
        "list for a section", "plan: [a, b]\n", "1:7", "plan", "expected keys under it, not a list"
    ),
    Mistake(
        "empty stage",
        "workflow:\n  stages:\n    reporting:\n",
        "3:5",
        "workflow.stages.reporting",
        "give it a value or remove the key",
    ),
    Mistake(
        "empty number",
        "simulation:\n  random_seed:\n",
        "2:3",
        "simulation.random_seed",
        "expected a whole number, not an empty value",
    ),
    Mistake(
        "text for a list of tags",
        "workflow:\n  stages:\n    foundation: {tags: FOUNDATION}\n",
        "3:24",
        "workflow.stages.foundation.tags",
        "expected a list such as [A, B]",
    ),
    Mistake(
        "number in a list of tags",
        "workflow:\n  stages:\n    foundation:\n      tags:\n        - A\n        - 3\n",
        "6:11",
        "workflow.stages.foundation.tags.1",
        "expected text, not 3",
    ),
    Mistake(
        "number for a path",
        "census:\n  path: 2025\n",
        "2:9",
        "census.path",
        "expected a path, not 2025; put it in quotes",
    ),
    Mistake(
        "number for a column name",
        "census:\n  columns:\n    employee_id: 7\n",
        "3:18",
        "census.columns.employee_id",
        "expected text, not 7; put it in quotes",
    ),
    Mistake(
        "endless digits",
        f"simulation:\n  random_seed: {'9' * 5000}\n",
        "2:16",
        "simulation.random_seed",
        "expected a whole number, not the text",
    ),
]

OUT_OF_RANGE = [
    Mistake(
        "year with two digits",
        "simulation:\n  start_year: 25\n",
        "2:15",
        "simulation.start_year",
        "25 is too small; at least 1900",
    ),
    Mistake(
        "year too late",
        "simulation:\n  end_year: 20290\n",
        "2:13",
        "simulation.end_year",
        "20290 is too large; at most 2200",
    ),
    Mistake(
        "years the wrong way round",
        "simulation:\n  start_year: 2029\n  end_year: 2025\n",
        "3:13",
        "simulation.end_year",
        "the last year, 2025, is before the first, 2029",
    ),
    Mistake(
        "start after the default end",
        "simulation:\n  start_year: 2030\n",
        "1:1",
        "simulation.end_year",
        "the last year, 2029, is before the first, 2030",
    ),
    Mistake(
        "more than a hundred years",
        "simulation:\n  start_year: 2000\n  end_year: 2100\n",
        "3:13",
        "simulation.end_year",
        "101 years are too many; at most 100",
    ),
    Mistake(
        "negative seed",
        "simulation:\n  random_seed: -1\n",
        "2:16",
        "simulation.random_seed",
        "-1 is too small; at least 0",
    ),
    Mistake(
        "seed beyond 64 bits",
        "simulation:\n  random_seed: 18446744073709551616\n",
        "2:16",
        "simulation.random_seed",
        "too large; at most 18446744073709551615",
    ),
    Mistake(
        "growth in percent",
        "simulation:\n  target_growth_rate: 3\n",
        "2:23",
        "simulation.target_growth_rate",
        "3 is too large; at most 1",
    ),
    Mistake(
        "growth below minus a half",
        "simulation:\n  target_growth_rate: -0.51\n",
        "2:23",
        "simulation.target_growth_rate",
        "-0.51 is too small; at least -0.5",
    ),
    Mistake(
        "not a number",
        "simulation:\n  target_growth_rate: .nan\n",
        "2:23",
        "simulation.target_growth_rate",
        "should be a finite number",
    ),
    Mistake(
        "infinity",
        "compensation:\n  merit_budget: -.inf\n",
        "2:17",
        "compensation.merit_budget",
        "should be a finite number",
    ),
    Mistake(
        "negative rate",
        "compensation:\n  promotion_increase: -0.01\n",
        "2:23",
        "compensation.promotion_increase",
        "-0.01 is too small; at least 0",
    ),
    Mistake(
        "rate finer than its column",
        "plan:\n  escalation_step: 0.00005\n",
        "2:20",
        "plan.escalation_step",
        "no more than 4 decimal places",
    ),
    Mistake(
        "deferral above all pay",
        "plan:\n  escalation_cap: 1.01\n",
        "2:19",
        "plan.escalation_cap",
        "1.01 is too large; at most 1",
    ),
    Mistake(
        "wait of negative days",
        "plan:\n  eligibility_wait_days: -1\n",
        "2:26",
        "plan.eligibility_wait_days",
        "-1 is too small",
    ),
    Mistake(
        "leap day",
        "plan:\n  escalation_date: 02-29\n",
        "2:20",
        "plan.escalation_date",
        "02-29 is not in every year",
    ),
    Mistake(
        "no such day",
        "compensation:\n  raise_date: 04-31\n",
        "2:15",
        "compensation.raise_date",
        "04-31 is no day of the year",
    ),
    Mistake(
        "date with a year",
        "compensation:\n  raise_date: 2025-04-01\n",
        "2:15",
        "compensation.raise_date",
        "expected a month and a day as MM-DD",
    ),
    Mistake(
        "month-day without its hyphen",
        "compensation:\n  raise_date: 0401\n",
        "2:15",
        "compensation.raise_date",
        'such as 04-01, not the text "0401"',
    ),
    Mistake(
        "month-day as a number",
        "compensation:\n  raise_date: 401\n",
        "2:15",
        "compensation.raise_date",
        "such as 04-01, not 401",
    ),
    Mistake(
        "month-day in the other order",
        "compensation:\n  raise_date: 31-12\n",
        "2:15",
        "compensation.raise_date",
        "31-12 is no day of the year",
    ),
    Mistake(
        "no threads",
        "performance:\n  dbt_threads: 0\n",
        "2:16",
        "performance.dbt_threads",
        "0 is too small; at least 1",
    ),
    Mistake(
        "too many threads",
        "performance:\n  dbt_threads: 257\n",
        "2:16",
        "performance.dbt_threads",
        "257 is too large; at most 256",
    ),
    Mistake(
        "years side by side",
        "performance:\n  max_parallel_years: 2\n",
        "2:23",
        "performance.max_parallel_years",
        "a year starts from the end of the one before",
    ),
    Mistake(
        "too many shards",
        "performance:\n  event_sharding: {enabled: true, shard_count: 1025}\n",
        "2:48",
        "performance.event_sharding.shard_count",
        "a whole number from 1 to 1024, or auto, not 1025",
    ),
    Mistake(
        "memory in megabytes",
        "performance:\n  memory_limit_gb: 0.1\n",
        "2:20",
        "performance.memory_limit_gb",
        "0.1 is too small; at least 0.25",
    ),
    Mistake(
        "hours of more than a year",
        "census:\n  hours_per_year: 1e9\n",
        "2:19",
        "census.hours_per_year",
        "too large; at most 8784",
    ),
]

WRONG_CHOICES = [
    Mistake(
        "misspelt command",
        "workflow:\n  stages:\n    foundation: {tags: [F], command: biuld}\n",
        "3:38",
        "workflow.stages.foundation.command",
        "expected 'run', 'build', 'seed', 'snapshot' or 'test', not the text \"biuld\"",
    ),
    Mistake(
        "unknown threading",
        "workflow:\n  stages:\n    foundation: {tags: [F], threading: threads}\n",
        "3:40",
        "workflow.stages.foundation.threading",
        "expected 'parallel' or 'sequential'",
    ),
    Mistake(
        "unknown time of a stage",
        "workflow:\n  stages:\n    foundation: {tags: [F], when: last_year}\n",
        "3:35",
        "workflow.stages.foundation.when",
        "expected 'first_year', 'every_year', 'end' or 'never'",
    ),
    Mistake(
        "true for a full refresh",
        "workflow:\n  stages:\n    foundation: {tags: [F], full_refresh: true}\n",
        "3:43",
        "workflow.stages.foundation.full_refresh",
        "expected 'never', 'first_year' or 'always', not true",
    ),
    Mistake(
        "full refresh of tests",
        "workflow:\n  stages:\n    validation: {tags: [V], command: test, full_refresh: always}\n",
        "3:5",
        "workflow.stages.validation",
        "dbt test has no full refresh",
    ),
    Mistake(
        "stage that selects nothing",
        "workflow:\n  stages:\n    foundation:\n      threading: sequential\n",
        "3:5",
        "workflow.stages.foundation",
        "give models: or tags:",
    ),
    Mistake(
        "option in place of a selector",
        "workflow:\n  stages:\n    foundation:\n      models: [--full-refresh]\n",
        "4:16",
        "workflow.stages.foundation.models.0",
        "no - at the beginning",
    ),
    Mistake(
        "two selectors in one text",
        "workflow:\n  stages:\n    foundation:\n      models: [a b]\n",
        "4:16",
        "workflow.stages.foundation.models.0",
        "no spaces",
    ),
    Mistake(
        "empty selector",
        "workflow:\n  stages:\n    foundation:\n      tags: ['']\n",
        "4:14",
        "workflow.stages.foundation.tags.0",
        "no dbt selector",
    ),
    Mistake("blank path", "census:\n  path: ' '\n", "2:9", "census.path", "can't be blank"),
    Mistake("blank target", "project:\n  target: ''\n", "2:11", "project.target", "blank"),
    Mistake(
        "unknown pay period",
        "census:\n  pay_period: weekly\n",
        "2:15",
        "census.pay_period",
        "expected 'annual', 'monthly' or 'hourly'",
    ),
    Mistake(
        "date format in letters",
        "census:\n  date_format: MM/DD/YYYY\n",
        "2:16",
        "census.date_format",
        'write it like "%m/%d/%Y"',
    ),
    Mistake(
        "date format without a year",
        'census:\n  date_format: "%d.%m."\n',
        "2:16",
        "census.date_format",
        "lacks a year",
    ),
    Mistake(
        "one column for two meanings",
        "census:\n  columns:\n    birth_date: Date\n    hire_date: Date\n",
        "2:3",
        "census.columns",
        'the text "Date" is given for both birth_date and hire_date',
    ),
]

CORPUS = UNREADABLE + UNKNOWN_KEYS + WRONG_TYPES + OUT_OF_RANGE + WRONG_CHOICES


@pytest.mark.parametrize("mistake", CORPUS, ids=lambda mistake: mistake.name.replace(" ", "-"))
def test_a_mistake_is_named_with_its_place_and_key(mistake: Mistake, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    text = mistake.text
    path.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(ConfigError) as caught:
        load_config(path, WorkforceConfig)

    summary, *problems = str(caught.value).splitlines()
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


def test_the_names_in_the_corpus_are_unique() -> None:
    names = [mistake.name for mistake in CORPUS]
    assert len(names) == len(set(names))
