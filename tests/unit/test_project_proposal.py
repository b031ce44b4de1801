"""A proposed configuration: acceptable as it is, and honest about what it is unsure of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shardrun.config.simulation import SimulationConfig, load_config
from shardrun.scaffold.proposal import Proposal, propose_config
from shardrun.stages import WorkflowStage


def _model(name: str, folder: str, code: str = "", *parents: str, **config: Any) -> dict[str, Any]:
    return {
        "name": name,
        "resource_type": "model",
        "package_name": "bank",
        "original_file_path": f"models/{folder}/{name}.sql",
        "raw_code": code,
        "depends_on": {"nodes": [f"model.bank.{parent}" for parent in parents]},
        "config": {"materialized": "table", "tags": [], **config},
    }


def _proposed(*models: dict[str, Any]) -> Proposal:
    nodes = {f"model.bank.{model['name']}": model for model in models}
    return propose_config({"metadata": {"project_name": "bank"}, "nodes": nodes})


def _loaded(proposal: Proposal, folder: Path) -> SimulationConfig:
    path = folder / "shardrun.yaml"
    path.write_text(proposal.text)
    return load_config(path)


MONTH = "{{ var('report_month') }} {{ var('start_month') }}"
CANONICAL = {
    "materialized": "incremental",
    "incremental_strategy": "delete+insert",
    "unique_key": ["report_month", "loan_id"],
}


def test_models_are_shared_out_by_what_the_period_reaches(tmp_path: Path) -> None:
    proposal = _proposed(
        _model("stg_loans", "staging"),
        _model("int_opening", "months", MONTH, "stg_loans"),
        _model("fct_events", "months", MONTH, "int_opening", **CANONICAL),
        _model("fct_closing", "months", "", "fct_events"),
    )
    config = _loaded(proposal, tmp_path)
    years, stages = config.simulation, config.workflow.stages
    assert (years.period, years.variable, years.start_year) == ("month", "report_month", 202501)
    assert {stage: stages[stage].models for stage in WorkflowStage if stages[stage].models} == {
        WorkflowStage.INITIALIZATION: ("resource_type:seed", "path:models/staging"),
        WorkflowStage.FOUNDATION: ("int_opening",),
        WorkflowStage.EVENT_GENERATION: ("fct_events",),
        WorkflowStage.STATE_ACCUMULATION: ("fct_closing",),
    }
    assert stages[WorkflowStage.REPORTING].when == "never"


def test_what_is_summed_up_comes_after_the_table_that_it_is_summed_up_from(
    tmp_path: Path,
) -> None:
    by_product = {**CANONICAL, "unique_key": ["report_month", "product"]}
    config = _loaded(
        _proposed(
            _model("fct_loans", "months", MONTH, **CANONICAL),
            _model("fct_products", "months", MONTH, "fct_loans", **by_product),
        ),
        tmp_path,
    )
    assert config.workflow.event_table is not None
    assert config.workflow.event_table.model == "fct_loans"
    assert config.workflow.stages[WorkflowStage.STATE_ACCUMULATION].models == ("fct_products",)


def test_snapshots_and_tests_of_the_period_have_their_stage(tmp_path: Path) -> None:
    snapshot = _model("loans_snapshot", "history", "", "stg_loans")
    test = {
        "name": "not_null_fct_events",
        "resource_type": "test",
        "package_name": "bank",
        "depends_on": {"nodes": ["model.bank.fct_events"]},
    }
    stages = _loaded(
        _proposed(
            _model("stg_loans", "staging", MONTH),
            {**snapshot, "resource_type": "snapshot"},
            _model("fct_events", "months", MONTH, "stg_loans", **CANONICAL),
            test,
        ),
        tmp_path,
    ).workflow.stages
    foundation, validation = (
        stages[stage] for stage in (WorkflowStage.FOUNDATION, WorkflowStage.VALIDATION)
    )
    assert (foundation.command, foundation.indirect_selection) == ("build", "empty")
    assert foundation.models == ("path:models/history", "path:models/staging")
    assert (validation.command, validation.when) == ("test", "every_year")
    assert validation.models == ("path:models/months",)


def test_the_shard_key_comes_from_the_canonical_model_s_unique_key(tmp_path: Path) -> None:
    proposal = _proposed(_model("fct_events", "months", MONTH, **CANONICAL))
    table = _loaded(proposal, tmp_path).workflow.event_table
    assert table is not None
    assert (table.model, table.shard_key) == ("fct_events", "loan_id")
    assert table.unique_key == ("report_month", "loan_id")
    assert any("Shards are made by loan_id" in doubt for doubt in proposal.doubts)


def test_a_project_with_our_tags_keeps_them(tmp_path: Path) -> None:
    config = _loaded(
        _proposed(
            _model("a", "x", "{{ var('simulation_year') }}", tags=["FOUNDATION"]),
            _model("b", "x", "", "a", tags=["REPORTING"]),
        ),
        tmp_path,
    )
    assert config.workflow.stages[WorkflowStage.FOUNDATION].tags == ("FOUNDATION",)
    assert config.workflow.stages[WorkflowStage.REPORTING].when == "end"
    assert config.workflow.stages[WorkflowStage.VALIDATION].when == "never"


def test_a_project_without_periods_runs_once_and_what_is_doubtful_is_said(tmp_path: Path) -> None:
    proposal = _proposed(_model("a", "x"), _model("b", "x"))
    config = _loaded(proposal, tmp_path)
    assert config.simulation.start_year == config.simulation.end_year
    assert config.workflow.stages[WorkflowStage.FOUNDATION].models == ("*",)
    assert [doubt.split(":")[0] for doubt in proposal.doubts] == [
        "No model asks for a var that is called a year, month or period",
        "No shards",
    ]
    assert all(f"# - {doubt}" in proposal.text for doubt in proposal.doubts)


def test_several_vars_that_could_be_the_period_are_named() -> None:
    proposal = _proposed(
        _model("a", "x", "{{ var('year') }}"),
        _model("b", "x", "{{ var('year') }} {{ var('fiscal_period') }}"),
    )
    assert "The period is the var year; fiscal_period might be it too." in proposal.doubts


def test_seeds_that_a_var_may_have_to_enable_are_named() -> None:
    seed = {"name": "raw_loans", "resource_type": "seed"}
    proposal = propose_config(
        {
            "metadata": {"project_name": "bank"},
            "nodes": {"model.bank.loans": _model("loans", "staging")},
            "disabled": {"seed.bank.raw_loans": [seed]},
        }
    )
    assert any("1 seeds are disabled, raw_loans among them" in doubt for doubt in proposal.doubts)
