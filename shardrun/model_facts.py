"""What dbt knows of a model beside its SQL, as far as it matters to shards.

Pure data; it must never read a manifest, nor judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What dbt knows of a model.

    Attributes:
        name: the model's name.
        path: the file it is written in, as the project names it.
        materialized: its materialization.
        incremental_strategy: None where it names none.
        language: sql or python.
        has_pre_hooks: it runs SQL before itself.
        has_post_hooks: it runs SQL after itself.
        contract_enforced: dbt checks its columns against its YAML.
        uses_is_incremental: its SQL depends on whether its table is there already.
    """

    name: str
    path: Path
    materialized: str
    incremental_strategy: str | None = None
    language: str = "sql"
    has_pre_hooks: bool = False
    has_post_hooks: bool = False
    contract_enforced: bool = False
    uses_is_incremental: bool = False
