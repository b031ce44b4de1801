"""Where a yearly hazard comes from: its base, times a multiplier a band, no more than its cap.

Read from the seed tables of a database, as the run that made it loaded them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import duckdb


@dataclass(frozen=True, slots=True)
class Multiplier:
    """What a band makes of a base hazard."""

    dimension: str
    band: str
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Hazard:
    """The hazard of a rule that one person faced in one year.

    Attributes:
        base: a year's, for everyone.
        multipliers: by age, tenure and level.
        cap: the most that a year's may come to.
        yearly: what they come to, as the model has it.
        days: of the year, in which the person faced it.
        days_in_year: how many the year has.
    """

    base: Decimal
    multipliers: tuple[Multiplier, ...]
    cap: Decimal
    yearly: float
    days: int
    days_in_year: int

    @property
    def faced(self) -> float:
        """What the draw has to be below: the year's hazard in proportion to the days."""
        return self.yearly * self.days / self.days_in_year

    @property
    def is_capped(self) -> bool:
        """Whether base times multipliers would be more than the cap."""
        product = self.base
        for multiplier in self.multipliers:
            product *= multiplier.factor
        return product > self.cap


class HazardTables:
    """The seed tables of hazards of one database."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read them; they are small."""
        self._bases: Mapping[str, tuple[Decimal, Decimal]] = {
            rule: (base, cap)
            for rule, base, cap in connection.execute(
                "select event_type, base_hazard::decimal(9, 6), max_hazard::decimal(9, 6) "
                "from hazards"
            ).fetchall()
        }
        self._factors = {
            (dimension, rule, str(band)): factor
            for dimension, table, column in (
                ("age", "hazard_age_multipliers", "age_band"),
                ("tenure", "hazard_tenure_multipliers", "tenure_band"),
                ("level", "hazard_level_multipliers", "job_level"),
            )
            for rule, band, factor in connection.execute(
                f"select event_type, {column}, multiplier::decimal(6, 3) from {table}"
            ).fetchall()
        }

    def hazard(
        self, rule: str, bands: Mapping[str, str], yearly: float, days: int, days_in_year: int
    ) -> Hazard:
        """Return a rule's hazard in its parts.

        Args:
            rule: its event type.
            bands: the person's, by `age`, `tenure` and `level`.
            yearly: the hazard as the model has it.
            days: in which the person faces it.
            days_in_year: how many the year has.
        """
        base, cap = self._bases[rule]
        return Hazard(
            base=base,
            multipliers=tuple(
                Multiplier(dimension, band, self._factors[dimension, rule, band])
                for dimension, band in bands.items()
            ),
            cap=cap,
            yearly=yearly,
            days=days,
            days_in_year=days_in_year,
        )
