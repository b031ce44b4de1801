"""What is known of DuckDB's functions: whose result hangs on its arguments alone.

Owns the lists. They are lists of what is allowed: a function that is not in them can't be proven
safe. DuckDB's own catalog would not do: it calls `hash` and `current_localtime` consistent.
"""

from __future__ import annotations

from shardrun.shard_safety.relations import Refusal


def _names(*texts: str) -> frozenset[str]:
    return frozenset(" ".join(texts).split())


OPERATORS = _names(
    "+ - * / // % ** ^ & | << >> ~ ~~ !~~ ~~* !~~* ~~~ || @ @> <@ ^@ && !__postfix -> ->>"
)

_ARITHMETIC = """
    abs acos acosh add asin asinh atan atan2 atanh bit_count cbrt ceil ceiling cos cosh cot degrees
    divide even exp factorial fdiv floor fmod gamma gcd get_bit greatest greatest_common_divisor
    isfinite isinf isnan lcm least least_common_multiple lgamma ln log log10 log2 mod multiply
    nextafter pi pow power radians round round_even roundbankers set_bit sign signbit sin sinh sqrt
    subtract tan tanh trunc xor
"""
_TEXT = """
    array_to_string ascii bar base64 bin bit_length bit_position bitstring char_length
    character_length chr concat concat_ws contains damerau_levenshtein decode editdist3 encode
    ends_with format format_bytes from_base64 from_binary from_hex hamming hex ilike_escape instr
    jaccard jaro_similarity jaro_winkler_similarity lcase left left_grapheme len length
    length_grapheme levenshtein like_escape lower lpad ltrim md5 md5_number md5_number_lower
    md5_number_upper mismatches nfc_normalize not_ilike_escape not_like_escape octet_length ord
    overlay parse_dirname parse_dirpath parse_filename parse_path position prefix printf
    regexp_escape regexp_extract regexp_extract_all regexp_full_match regexp_matches regexp_replace
    regexp_split_to_array repeat replace reverse right right_grapheme rpad rtrim sha1 sha256 split
    split_part starts_with str_split str_split_regex string_split string_split_regex
    string_to_array strip_accents strlen strpos substr substring substring_grapheme suffix to_base
    to_base64 to_binary to_hex translate trim ucase unbin unhex unicode upper url_decode url_encode
"""
_TIME = """
    century date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day
    dayname dayofmonth dayofweek dayofyear days_in_month decade epoch epoch_ms epoch_ns epoch_us era
    hour isodow isoyear julian last_day make_date make_time make_timestamp make_timestamp_ms
    make_timestamp_ns microsecond millennium millisecond minute month monthname nanosecond
    normalized_interval quarter second strftime strptime time_bucket timezone to_centuries to_days
    to_decades to_hours to_microseconds to_millennia to_milliseconds to_minutes to_months
    to_quarters to_seconds to_timestamp to_weeks to_years try_strptime week weekday weekofyear year
    yearweek
"""
_CHOICE = "coalesce if ifnull nullif typeof"
_NESTED = """
    apply array_append array_apply array_cat array_concat array_contains array_extract array_filter
    array_has array_has_all array_has_any array_indexof array_length array_pop_back array_pop_front
    array_position array_prepend array_push_back array_push_front array_reduce array_resize
    array_reverse array_reverse_sort array_select array_slice array_sort array_transform array_value
    array_where array_zip cardinality element_at equi_width_bins filter flatten generate_series
    grade_up list_append list_apply list_any_value list_avg list_bool_and list_bool_or list_cat
    list_concat list_contains list_count list_element list_extract list_filter list_first
    list_grade_up list_has list_has_all list_has_any list_indexof list_last list_max list_median
    list_min list_pack list_position list_prepend list_reduce list_resize list_reverse
    list_reverse_sort list_select list_slice list_sort list_string_agg list_sum list_transform
    list_value list_where list_zip map map_concat map_contains map_contains_entry
    map_contains_value map_entries map_extract map_extract_value map_from_entries map_keys
    map_values range reduce row struct_concat struct_contains struct_extract struct_extract_at
    struct_has struct_indexof struct_insert struct_keys struct_pack struct_position struct_update
    struct_values union_extract union_tag union_value
"""
_JSON = """
    array_to_json from_json from_json_strict json json_array json_array_length json_contains
    json_deep_merge json_exists json_extract json_extract_path json_extract_path_text
    json_extract_string json_keys json_merge_patch json_object json_pretty json_quote
    json_structure json_transform json_transform_strict json_type json_valid json_value row_to_json
    to_json
"""
SCALARS = OPERATORS | _names(_ARITHMETIC, _TEXT, _TIME, _CHOICE, _NESTED, _JSON)
"""Functions of their arguments, the same in every run, shard and supported DuckDB version."""

KEEPS_EXACT = _names(
    "+ - * & | << >> xor abs add subtract multiply sign round floor ceil ceiling trunc "
    "greatest least coalesce if ifnull nullif"
)
"""Those that make no floating-point number of exact ones."""
GIVES_EXACT = _names(
    "bit_count date_diff date_sub datediff datesub day dayofmonth dayofweek dayofyear hour instr "
    "last_day len length make_date md5_number_lower md5_number_upper minute month quarter strlen "
    "strpos week year"
)
"""Those that make no floating-point number of anything."""

EXACT_TYPES = _names(
    "BOOLEAN BOOL TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT "
    "INT INT1 INT2 INT4 INT8 INT16 INT32 INT64 INT128 SHORT LONG SIGNED UINT8 UINT16 "
    "UINT32 UINT64 DECIMAL DEC NUMERIC DATE TIMESTAMP VARCHAR TEXT STRING CHAR"
)
"""Types of which a sum is the same in every order, and others that can't be summed."""
TEXT_TYPES = _names("BPCHAR CHAR STRING TEXT VARCHAR")

ORDER_FREE_AGGREGATES = _names(
    "bit_and bit_or bit_xor bool_and bool_or count count_if count_star countif mad max median min "
    "quantile quantile_cont quantile_disc regr_count"
)
"""The same for every order of the rows."""
EXACT_AGGREGATES = _names("avg mean sum")
"""The same for every order of the rows only where no floating-point numbers are added."""
ORDERED_AGGREGATES = _names(
    "any_value arbitrary arg_max arg_max_null arg_min arg_min_null argmax argmin array_agg first "
    "group_concat last list listagg max_by min_by string_agg"
)
"""The same in every run only with an ORDER BY of their own."""
OTHER_AGGREGATES = _names(
    "approx_count_distinct approx_quantile approx_top_k arg_max_nulls_last arg_min_nulls_last "
    "bitstring_agg corr covar_pop covar_samp entropy favg fsum geomean geometric_mean histogram "
    "histogram_exact json_group_array json_group_object json_group_structure kahan_sum kurtosis "
    "kurtosis_pop lttb mode product regr_avgx regr_avgy regr_intercept regr_r2 regr_slope "
    "regr_sxx regr_sxy regr_syy reservoir_quantile sem skewness stddev stddev_pop stddev_samp "
    "sum_no_overflow sumkahan var_pop var_samp variance wavg weighted_avg"
)
"""Hang on the order of the rows whatever one does, or on a hash."""
EXACT_RESULTS = _names(
    "count count_if count_star countif regr_count dense_rank ntile rank row_number"
)
KEEPS_EXACT_RESULTS = _names("max min sum lag lead first_value last_value nth_value")

ORDERED_WINDOWS = _names(
    "cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank "
    "row_number"
)
"""Window functions that mean something only with an ORDER BY."""

ONE_COLUMN_TABLES = _names("generate_series range repeat unnest")
FILE_TABLES = _names(
    "glob parquet_scan read_blob read_csv read_csv_auto read_json read_json_auto "
    "read_json_objects read_json_objects_auto read_ndjson read_ndjson_auto read_ndjson_objects "
    "read_parquet read_text"
)
OTHER_TABLES = _names("json_each json_tree")

_RANDOM = Refusal(
    "{} gives another value in every run and every shard",
    "Draw with shardrun.draws: its draws hang on seed, key, year and stream alone.",
)
_CLOCK = Refusal(
    "{} reads the clock, so it gives another value in every run and every shard",
    "Take the date from the period or from a table of a FOUNDATION model.",
)
_COUNTER = Refusal(
    "{} counts on its own in every shard",
    "Number the rows in a FOUNDATION model, with row_number() over a unique order.",
)
_HASH = Refusal(
    "{} gives other values in another version of DuckDB",
    "Use shardrun.shard_key for a key and shardrun.draws for random numbers.",
)
_SESSION = Refusal(
    "{} tells of the session that runs it, and every shard has one of its own",
    "Pass the value in as a dbt var.",
)
_STORAGE = Refusal(
    "{} tells where a row is stored, which is not the same in a shard",
    "Use a unique key of the table.",
)
_LIST_ORDER = Refusal(
    "{} gives a list whose order hangs on DuckDB's hash",
    "Use list(distinct x order by x) over rows of one <key>.",
)
_UNKNOWN = Refusal(
    "it can't be proven that {} is the same in every shard",
    "Use a deterministic function of DuckDB's own, or move the expression into a FOUNDATION model.",
)
_FORBIDDEN: dict[Refusal, str] = {
    _RANDOM: "gen_random_uuid random setseed uuid uuidv4 uuidv7",
    _CLOCK: (
        "age ago current_date current_localtime current_localtimestamp current_time "
        "current_timestamp get_current_time get_current_timestamp localtime localtimestamp now "
        "pg_conf_load_time pg_postmaster_start_time today transaction_timestamp"
    ),
    _COUNTER: "currval nextval setval",
    _HASH: "hash approx_count_distinct",
    _SESSION: (
        "current_catalog current_connection_id current_database current_query current_query_id "
        "current_role current_schema current_schemas current_setting current_transaction_id "
        "current_user getenv getvariable in_search_path session_user txid_current user version"
    ),
    _STORAGE: "rowid stats vector_type",
    _LIST_ORDER: "array_distinct array_intersect list_distinct list_intersect list_unique",
}
_REFUSALS = {name: refusal for refusal, names in _FORBIDDEN.items() for name in names.split()}


def refusal_of(name: str, called_as: str) -> Refusal:
    """Return why a function that is on no list of what is allowed is refused.

    Args:
        name: the function, or a name that DuckDB takes for one, such as ``current_date``.
        called_as: how the message shall call it.
    """
    refusal = _REFUSALS.get(name, _UNKNOWN)
    return Refusal(refusal.reason.format(called_as), refusal.advice)


def is_forbidden_name(name: str) -> bool:
    """Return whether a name without parentheses may be a call of something forbidden."""
    return name in _REFUSALS
