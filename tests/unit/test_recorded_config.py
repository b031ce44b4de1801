"""Promises about what a database tells of the configuration that its run had."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shardrun.config.simulation import SimulationConfig, SimulationSection
from shardrun.config.workflow import StageConfig, WorkflowSection
from shardrun.ledger.fingerprints import Fingerprints, config_settings
from shardrun.ledger.recorded_config import recorded_config, recorded_variables
from shardrun.ledger.records import BranchRecord, LedgerContents, RunRecord, Status
from shardrun.stages import WorkflowStage
from shardrun.workforce.parameters import PlanSection, WorkforceConfig

MONTHLY = SimulationConfig(
    simulation=SimulationSection(
        period="month",
        variable="report_month",
        column="month",
        start_year=202501,
        end_year=202506,
        random_seed=7,
    ),
    workflow=WorkflowSection(
        stages={
            WorkflowStage.FOUNDATION: StageConfig(command="seed", full_refresh="always"),
            WorkflowStage.EVENT_GENERATION: StageConfig(
                models=("+fct_events", "path:models/a"),
                tags=("X",),
                exclude=("tag:slow", "b"),
                vars={"rate": 0.5, "kind": "a b", "none": None},
            ),
            WorkflowStage.REPORTING: StageConfig(when="never"),
        }
    ),
)


def run_of(config: SimulationConfig, run_id: str = "1") -> RunRecord:
    years = config.simulation
    return RunRecord(
        run_id=run_id,
        status=Status.FINISHED,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        ended_at=None,
        start_year=years.start_year,
        end_year=years.end_year,
        random_seed=years.random_seed,
        threading={},
        versions={},
        fingerprints=Fingerprints(config_settings(config), {}, "p"),
        error=None,
    )


@pytest.mark.parametrize("other", [MONTHLY, SimulationConfig()])
@pytest.mark.parametrize("config", [MONTHLY, SimulationConfig()])
def test_any_configuration_becomes_the_run_s_in_all_that_decides_a_result(
    config: SimulationConfig, other: SimulationConfig
) -> None:
    again = recorded_config(other, run_of(config))
    assert config_settings(again) == config_settings(config)
    assert again.simulation == config.simulation
    assert (again.project, again.performance) == (other.project, other.performance)


def test_the_vars_of_a_domain_are_the_run_s() -> None:
    config = WorkforceConfig(plan=PlanSection(eligibility_wait_days=7))
    assert recorded_variables(run_of(config)) == config.dbt_vars()


def test_a_year_before_a_branch_follows_from_the_other_run_s_settings() -> None:
    first, second, third = (run_of(MONTHLY, run_id) for run_id in "123")
    branches = [
        BranchRecord(
            Path("other.duckdb"), run_id, year, datetime(2026, 1, 1, tzinfo=UTC), first.fingerprints
        )
        for run_id, year in (("1", 202503), ("2", 202505))
    ]
    ledger = LedgerContents((first, second, third), (), branches=tuple(branches))
    years = (202501, 202502, 202503, 202504, 202505, 202506)
    assert "".join(ledger.run_of(year).run_id for year in years) == "112233"
    earlier = replace(branches[1], year=202502)
    ledger = replace(ledger, branches=(branches[0], earlier))
    assert "".join(ledger.run_of(year).run_id for year in years) == "133333"
