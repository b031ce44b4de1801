"""What the resident dbt compiles for a shard is what dbt's own command line compiles for it."""

import json
from pathlib import Path

import pytest

from shardrun.config.simulation import SimulationConfig
from shardrun.database.connection import LEDGER_SCHEMA
from shardrun.database.run_folder import RunFolder
from shardrun.dbt_runner import DbtRunner
from shardrun.runs.project_runner import build_runner
from shardrun.runs.projects import load_run_config
from shardrun.stages import WorkflowStage
from tests.support.plain_dbt import PlainDbt
from tests.support.sharded_runs import Project

pytestmark = pytest.mark.integration

STAGE = WorkflowStage.EVENT_GENERATION
SHARDS = [{"shard_id": 0, "total_shards": 8}, {"shard_id": 7, "total_shards": 8}]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose database holds a year, and the beginning of the next."""
    project = Project.linked(tmp_path_factory.mktemp("compiled"), 60, "2027-2028")
    project.must_run("default")
    return project


def configured(project: Project) -> SimulationConfig:
    return load_run_config(Path("config.yaml"), directory=project.folder)


def resident(project: Project) -> DbtRunner:
    folder = RunFolder(project.database("default"))
    return build_runner(configured(project), folder, ["census"], debug=False)


def test_a_shard_s_sql_is_that_of_the_plain_command_line(
    project: Project, plain_dbt: PlainDbt
) -> None:
    runner = resident(project)
    compiled = runner.compile_stage(STAGE, 2028, [{}, *SHARDS])
    runner.release_database()
    target = project.folder / "plain"
    census = RunFolder(project.database("default")).input("census")
    of_every_call = {**configured(project).dbt_vars(), "census_path": str(census)}
    names = [node.name for node in compiled.nodes]
    assert len(names) > 8
    for variables, sql in zip([{}, *SHARDS], compiled.sql, strict=True):
        done = plain_dbt.run(
            project.folder / "dbt",
            *("compile", "--no-inject-ephemeral-ctes", "--target-path", str(target)),
            *("--select", *names),
            env={"SHARDRUN_DATABASE": str(project.database("default"))},
            **{**of_every_call, "simulation_year": 2028, **variables},
        )
        assert done.success, done.said
        manifest = json.loads((target / "manifest.json").read_text())
        for node in compiled.nodes:
            assert sql[node.unique_id] == manifest["nodes"][node.unique_id]["compiled_code"]
    assert len({frozenset(sql.items()) for sql in compiled.sql}) == 3


def test_inputs_are_all_that_the_stage_reads_of_others_and_nothing_of_the_ledger(
    project: Project,
) -> None:
    runner = resident(project)
    compiled = runner.compile_stage(STAGE, 2028, [{}])
    runner.release_database()
    inputs = {relation.identifier for relation in compiled.inputs}
    assert {"stg_census", "fct_workforce_snapshot", "int_hires", "stg_hazards"} <= inputs
    assert not inputs & {node.name for node in compiled.nodes}
    assert LEDGER_SCHEMA not in {relation.schema for relation in compiled.inputs}
    text = "\n".join(compiled.sql[0].values())
    assert all(f'"{name}"' in text for name in inputs)


def test_compiling_writes_nothing_into_the_database(project: Project) -> None:
    before = project.digest("default")
    runner = resident(project)
    runner.compile_stage(STAGE, 2027, SHARDS)
    runner.release_database()
    assert project.digest("default") == before
