"""The canonical census: its columns, types and the limits a row must keep.

The one definition that generation, import and the dbt sources agree on. It holds data only and
must never open a file or a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class CensusColumn:
    """One column of the canonical census.

    Attributes:
        name: its name in the canonical Parquet file.
        key: its key under ``census.columns`` in the config.
        sql_type: its DuckDB type in the canonical Parquet file.
        required: whether a census without it is refused.
    """

    name: str
    key: str
    sql_type: str
    required: bool


CENSUS_COLUMNS = (
    CensusColumn("employee_id", "employee_id", "varchar", required=True),
    CensusColumn("birth_date", "birth_date", "date", required=True),
    CensusColumn("hire_date", "hire_date", "date", required=True),
    CensusColumn("annual_compensation", "compensation", "decimal(12,2)", required=True),
    CensusColumn("job_level", "job_level", "tinyint", required=False),
    CensusColumn("is_enrolled", "is_enrolled", "boolean", required=False),
    CensusColumn("deferral_rate", "deferral_rate", "decimal(5,4)", required=False),
)

COLUMN_KEYS = tuple(column.key for column in CENSUS_COLUMNS)

YOUNGEST_USUAL_HIRE = 16
"""Years of age below which a hire is doubtful."""
OLDEST_USUAL_AGE = 100
"""Years of age above which a person is doubtful."""
OLDEST_POSSIBLE_AGE = 120
"""Years of age above which a birth date is refused."""
LARGEST_USUAL_DEFERRAL = Decimal("0.75")
"""Share of pay above which a deferral rate is doubtful; few plans allow more."""
DEFAULT_DEFERRAL_RATE = Decimal("0.06")
"""Share of pay taken for a person who is enrolled without a rate."""
