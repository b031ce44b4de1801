"""Command lines that are refused: the words, and a part of what must be said of them.

They are called on a desk, where there are a config, a census and a finished database.
"""

from __future__ import annotations

from dataclasses import dataclass

RUN = "run 2025 --config config.yaml --census census.csv --database simulation.duckdb"
CHECK = "check 2025 --config config.yaml --census census.csv"
SHARD = "shard --config config.yaml --database simulation.duckdb"
GENERATE = "census generate -o made.parquet"
IMPORT = "census import census.csv -o made.parquet --config config.yaml"
NUMBER = "9" * 40


@dataclass(frozen=True, slots=True)
class CommandLine:
    """One: its words, parted by blanks, `~` for one within a word; and what is said of it."""

    words: str
    says: str

    @property
    def arguments(self) -> list[str]:
        """The words as the program gets them."""
        return ["" if word == "''" else word.replace("~", " ") for word in self.words.split()]


BAD = [
    CommandLine("no-such-command", "No such command"),
    CommandLine("--no-such-option", "No such option"),
    CommandLine("run --no-such-option", "No such option"),
    CommandLine("run 2025 2026", "unexpected extra argument"),
    # years
    CommandLine("run next~year", 'years: the text "next year"'),
    CommandLine("run 2029-2025", "the last year, 2025, is before the first, 2029"),
    CommandLine("run 25-29", "four digits"),
    CommandLine("run 2025-", "four digits"),
    CommandLine("run -- -2025", "four digits"),
    CommandLine("run 1066", "years: 1066 is too small; at least 1900"),
    CommandLine("run 9999", "years: 9999 is too large; at most 2200"),
    CommandLine("run 1900-2200", "301 years are too many"),
    CommandLine("run ٢٠٢٥", "four digits"),
    CommandLine("run 2025;drop~table~runs", "four digits"),
    CommandLine("check 2029-2025", "the last year, 2025, is before the first, 2029"),
    # run
    CommandLine("run --config nowhere.yaml", "nowhere.yaml: there is no such configuration file"),
    CommandLine("run --config .", ".: can't be read"),
    CommandLine("run --config ''", "can't be read"),
    CommandLine("run --config census.csv", "census.csv:1:1: the file must hold sections"),
    CommandLine("run --config simulation.duckdb", "simulation.duckdb:"),
    CommandLine("run --config /dev/zero", "/dev/zero"),
    CommandLine("run --config /dev/null", "/dev/null:1:1: the file is empty"),
    CommandLine(f"{RUN} --census nowhere.csv", "there is no census file nowhere.csv"),
    CommandLine(f"{RUN} --census ''", "is a directory, not a census file"),
    CommandLine(f"{RUN} --census config.yaml", "config.yaml: its columns are not those"),
    CommandLine(f"{RUN} --census simulation.duckdb", "simulation.duckdb is not text"),
    CommandLine(f"{RUN} --database nowhere/x.duckdb", "does not exist"),
    CommandLine(f"{RUN} --database .", "is a directory, not a database"),
    CommandLine(f"{RUN} --database ''", "is a directory, not a database"),
    CommandLine(f"{RUN} --database census.csv", "census.csv is not a DuckDB database"),
    CommandLine(f"{RUN} --database census.csv/x.duckdb", "census.csv of the database x.duckdb"),
    CommandLine(f"{RUN} --database {'x' * 300}.duckdb", "File name too long"),
    CommandLine(f"{RUN} --census {'x' * 300}.csv", "File name too long"),
    CommandLine(f"{RUN} --config {'x' * 300}.yaml", "File name too long"),
    CommandLine(f"{RUN} --scenario nowhere", 'there is no "nowhere" in scenarios'),
    CommandLine(f"{RUN} --scenario ../../etc/passwd", 'there is no "../../etc/passwd"'),
    CommandLine(f"{RUN} --scenario ''", 'there is no ""'),
    CommandLine(f"{RUN} --threads 0", "--threads: 0 is too small; at least 1"),
    CommandLine(f"{RUN} --threads -1", "--threads: -1 is too small"),
    CommandLine(f"{RUN} --threads 257", "--threads: 257 is too large; at most 256"),
    CommandLine(f"{RUN} --threads {NUMBER}", "is too large"),
    CommandLine(f"{RUN} --threads many", "Invalid value for '--threads'"),
    CommandLine(f"{RUN} --threads 2.5", "Invalid value for '--threads'"),
    CommandLine(f"{RUN} --threads", "'--threads' requires an argument"),
    CommandLine(f"{RUN} --memory-limit lots", "--memory-limit: "),
    CommandLine(f"{RUN} --memory-limit 8", "write it in GB or MB"),
    CommandLine(f"{RUN} --memory-limit -8GB", "is not an amount of memory"),
    CommandLine(f"{RUN} --memory-limit 0GB", "--memory-limit: 0 is too small"),
    CommandLine(f"{RUN} --memory-limit 1TB", "write it in GB or MB"),
    CommandLine(f"{RUN} --memory-limit 999999999GB", "--memory-limit: 999999999 is too large"),
    CommandLine(f"{RUN} --memory-limit 1e3GB", "is not an amount of memory"),
    CommandLine(f"{RUN} --shards 0", "--shards: expected a whole number from 1 to 1024"),
    CommandLine(f"{RUN} --shards -4", "--shards: expected a whole number"),
    CommandLine(f"{RUN} --shards 1025", "or auto, not 1025"),
    CommandLine(f"{RUN} --shards many", 'the text "many" is no number of shards'),
    CommandLine(f"{RUN} --shards {NUMBER}", "is no number of shards"),
    CommandLine(f"{RUN} --workers 0", "--workers: 0 is too small"),
    CommandLine(f"{RUN} --workers 257", "--workers: 257 is too large"),
    CommandLine(f"{RUN} --workers two", "Invalid value for '--workers'"),
    CommandLine(f"{RUN} --executor threads", "--executor: expected 'loky' or 'inline'"),
    CommandLine(f"{RUN} --executor ''", "--executor: expected 'loky' or 'inline'"),
    CommandLine(f"{RUN} --from-year 2024", "--from-year: 2024 is not one of the years 2025 to"),
    CommandLine(f"{RUN} --from-year {NUMBER}", "is not one of the years"),
    CommandLine(f"{RUN} --from-year last", "Invalid value for '--from-year'"),
    CommandLine(f"{RUN} --from-year 2025 --fresh", "give one"),
    CommandLine(RUN, "was made from something else than this run would be"),
    # check
    CommandLine("check --config nowhere.yaml", "nowhere.yaml"),
    CommandLine(f"{CHECK} --census nowhere.csv", "there is no census file nowhere.csv"),
    CommandLine(f"{CHECK} --database nowhere/x.duckdb", "nowhere"),
    CommandLine(f"{CHECK} --shards none", "--shards"),
    # shard
    CommandLine("shard 0 --of 2 --database simulation.duckdb", "Missing option '--year'"),
    CommandLine(f"{SHARD} --year 2025", "give a shard as I --of N"),
    CommandLine(f"{SHARD} 0 --year 2025", "give a shard as I --of N"),
    CommandLine(f"{SHARD} 2 --of 2 --year 2025", "there is no shard 2 of 2: they are 0 to 1"),
    CommandLine(f"{SHARD} -1 --of 2 --year 2025", "No such option"),
    CommandLine(f"{SHARD} 0 --of 0 --year 2025", "'--of'"),
    CommandLine(f"{SHARD} 0 --of 1025 --year 2025", "'--of'"),
    CommandLine(f"{SHARD} one --of 2 --year 2025", "Invalid value for 'I'"),
    CommandLine(f"{SHARD} 0 --of 2 --year soon", "Invalid value for '--year'"),
    CommandLine(f"{SHARD} 0 --of 2 --key a --year 2025", "--key: is a shard of its own"),
    CommandLine("shard 0 --of 2 --year 2025 --config nowhere.yaml", "nowhere.yaml"),
    CommandLine("shard 0 --of 2 --year 2025 --config config.yaml --database x.duckdb", "x.duckdb"),
    CommandLine(f"{SHARD} 0 --of 2 --year 2019", "2019"),
    CommandLine(f"{SHARD} 0 --of 2 --year {NUMBER}", "year"),
    # what reads a database
    CommandLine("status nowhere.duckdb", "there is no database at nowhere.duckdb"),
    CommandLine("status .", "is a directory, not a database"),
    CommandLine("status census.csv", "is not a DuckDB database"),
    CommandLine(f"status {'x' * 300}", "File name too long"),
    CommandLine("status --json=yes", "--json"),
    CommandLine("digest", "Missing argument 'DATABASE'"),
    CommandLine("digest nowhere.duckdb", "there is no database at nowhere.duckdb"),
    CommandLine("digest simulation.duckdb twice", "unexpected extra argument"),
    CommandLine("diff simulation.duckdb", "Missing argument 'B'"),
    CommandLine("diff simulation.duckdb simulation.duckdb", "are one file"),
    CommandLine("diff simulation.duckdb nowhere.duckdb", "there is no database at nowhere.duckdb"),
    CommandLine("diff census.csv simulation.duckdb", "census.csv is not a DuckDB database"),
    CommandLine("trace E1 --database nowhere.duckdb", "there is no database at nowhere.duckdb"),
    CommandLine("trace E1 --database simulation.duckdb", "simulation.duckdb"),
    CommandLine("trace E1 --database simulation.duckdb --of 0", "'--of'"),
    CommandLine("trace", "Missing argument 'EMPLOYEE'"),
    CommandLine("compare simulation.duckdb nowhere.duckdb", "there is no database at nowhere"),
    CommandLine("compare simulation.duckdb simulation.duckdb", "simulation.duckdb"),
    CommandLine("compare simulation.duckdb nowhere.duckdb --people -1", "'--people'"),
    CommandLine("compare a.duckdb b.duckdb -o nowhere/x.html", "nowhere does not exist"),
    CommandLine("report nowhere.duckdb", "there is no database at nowhere.duckdb"),
    CommandLine("report simulation.duckdb -o nowhere/x.html", "nowhere does not exist"),
    CommandLine("report simulation.duckdb -o .", "is a folder"),
    CommandLine("report simulation.duckdb -o census.csv", "census.csv is not a report of ours"),
    CommandLine("report simulation.duckdb -o simulation.duckdb", "is not a report of ours"),
    CommandLine("export simulation.duckdb", "Missing option"),
    CommandLine("export nowhere.duckdb -o out", "there is no database at nowhere.duckdb"),
    CommandLine("export simulation.duckdb -o .", "-o"),
    CommandLine("export simulation.duckdb -o census.csv", "census.csv"),
    CommandLine("export simulation.duckdb -o census.csv --overwrite", "census.csv"),
    CommandLine("export simulation.duckdb -o nowhere/out", "nowhere"),
    CommandLine("export simulation.duckdb -o out --format json", "'--format'"),
    CommandLine("export simulation.duckdb -o out --table nothing", "nothing"),
    CommandLine("export simulation.duckdb -o out --table ''", "--table"),
    CommandLine("export simulation.duckdb -o out --table runs;drop~schema~shardrun", "drop schema"),
    # census
    CommandLine("census no-such-command", "No such command"),
    CommandLine("census generate", "Missing option"),
    CommandLine("census generate -o made.xlsx", ".parquet or .csv"),
    CommandLine("census generate -o .", ".parquet or .csv"),
    CommandLine("census generate -o census.csv/made.csv", "can't be written"),
    CommandLine(f"{GENERATE} --employees 0", "employees: 0 is not between 1"),
    CommandLine(f"{GENERATE} --employees -5", "employees: -5"),
    CommandLine(f"{GENERATE} --employees {NUMBER}", "employees: 999"),
    CommandLine(f"{GENERATE} --employees 6e4", "Invalid value for '--employees'"),
    CommandLine(f"{GENERATE} --seed -1", "seed: -1 is not between 0"),
    CommandLine(f"{GENERATE} --seed {NUMBER}", "seed: 999"),
    CommandLine(f"{GENERATE} --seed lucky", "Invalid value for '--seed'"),
    CommandLine(f"{GENERATE} --as-of-year 0", "as-of year: 0 is not from 1900 to 9999"),
    CommandLine(f"{GENERATE} --as-of-year {NUMBER}", "as-of year"),
    CommandLine(f"{GENERATE} --as-of-year now", "Invalid value for '--as-of-year'"),
    CommandLine("census import nowhere.csv -o made.csv --config config.yaml", "nowhere.csv"),
    CommandLine("census import census.csv -o made.csv --config nowhere.yaml", "nowhere.yaml"),
    CommandLine("census import census.csv -o made.txt --config config.yaml", ".parquet or .csv"),
    CommandLine("census import census.csv --config config.yaml", "Missing option"),
    CommandLine(f"{IMPORT} --columns employee_id", "is not KEY=NAME"),
    CommandLine(f"{IMPORT} --columns shoe_size=Size", "'shoe_size' is not a column of a census"),
    CommandLine(f"{IMPORT} --columns employee_id=Nr", "names 'Nr', which the file does not have"),
    CommandLine(f"{IMPORT} --columns employee_id=", "--columns"),
    CommandLine(f"{IMPORT} --date-format DD.MM.YYYY", "--date-format"),
    CommandLine(f"{IMPORT} --date-format %d.%m.%Y", "date"),
    CommandLine(f"{IMPORT} --date-format ''", "--date-format"),
    CommandLine(f"{IMPORT} --pay-period weekly", "--pay-period: expected 'annual'"),
    CommandLine(f"{IMPORT} --as-of-year 0", "--as-of-year: 0 is not a year"),
    CommandLine(f"{IMPORT} --as-of-year {NUMBER}", "--as-of-year"),
    CommandLine(f"{IMPORT} --as-of-year 1970", "is after 1970-12-31"),
]
