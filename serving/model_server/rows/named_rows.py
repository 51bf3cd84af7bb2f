"""Rows by name: objects with a value for each column, in any order."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from operator import itemgetter

from model_server.errors import RequestError, invalid
from model_server.rows.columns import Columns
from model_server.rows.spelling import listed, nearest, quoted

WRONG_COLUMNS = "wrong_columns"
# How many wrong names are told, and of how many the nearest one is looked for.
MAX_PROBLEMS = 8
MAX_GUESSED = 4
# Names of one row that are counted.
MAX_UNKNOWN = 1000
# Names that are compared before there is a refusal: a row of no names is short, and all are missing.
MAX_LOOKED_AT = 100_000
# Where a row is in the request.
RowPlace = Callable[[int], str]


class NamedRows:
    """Reads rows by name for the columns of one model."""

    def __init__(self, columns: Columns):
        self._columns = columns
        names = columns.names
        # Of one name it would give no tuple.
        self._pick = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)

    def in_order(self, rows: Sequence[dict[str, object]], place: RowPlace) -> list[tuple]:
        """Each row's values, in the model's order. Raises RequestError that tells all wrong names."""
        if self._columns.have_optional:
            return self._with_optional(rows, place)
        try:
            found = list(map(self._pick, rows))
        except KeyError:
            raise self._refusal(rows, place) from None
        if sum(map(len, rows)) != len(self._columns) * len(rows):
            raise self._refusal(rows, place)
        return found

    def _with_optional(self, rows: Sequence[dict], place: RowPlace) -> list[tuple]:
        columns = self._columns
        required = {column.name for column in columns if not column.is_optional}
        for row in rows:
            if not required <= row.keys() <= columns.positions.keys():
                raise self._refusal(rows, place)
        return [tuple(map(row.get, columns.names)) for row in rows]

    def _refusal(self, rows: Sequence[dict], place: RowPlace) -> RequestError:
        """Every wrong name, each once."""
        columns = self._columns
        required = [column.name for column in columns if not column.is_optional]
        # By the name and whether it is there: the rows.
        problems: dict[tuple[str, bool], list[int]] = {}
        looked_at = rows[: max(1, MAX_LOOKED_AT // len(columns))]
        for number, row in enumerate(looked_at):
            unknown = (name for name in row if name not in columns.positions)
            wrong = [(name, True) for name in islice(unknown, MAX_UNKNOWN)]
            wrong += [(name, False) for name in required if name not in row]
            for problem in wrong:
                problems.setdefault(problem, []).append(number)
        if not problems:
            return self._refusal(rows[len(looked_at) :], lambda row: place(row + len(looked_at)))
        missing = {name: where for (name, is_there), where in problems.items() if not is_there}
        unknown = [(name, where) for (name, is_there), where in problems.items() if is_there]
        told = []
        for name, where in unknown[:MAX_PROBLEMS]:
            meant = ""
            if len(told) < MAX_GUESSED:
                meant = nearest(name, list(missing)) or nearest(name, columns.names)
                if missing.get(meant) == where:
                    del missing[meant]  # said by this
            hint = f", did you mean {quoted(meant)}?" if meant else ""
            told.append(f"there is no column {quoted(name)}{_places(where, len(rows), place)}{hint}")
        if len(unknown) > MAX_PROBLEMS:
            told.append("others are unknown as well")
        for where in sorted(set(map(tuple, missing.values()))):
            names = [quoted(name) for name, rows_without in missing.items() if tuple(rows_without) == where]
            what = f"column {names[0]} is" if len(names) == 1 else f"columns {listed(names)} are"
            told.append(f"the {what} missing{_places(where, len(rows), place)}")
        if len(told) > 2 * MAX_PROBLEMS:
            told[2 * MAX_PROBLEMS :] = ["and others"]
        first = min(where[0] for where in problems.values())
        return invalid(WRONG_COLUMNS, "; ".join(told), place(first))


def without_extra(columns: Columns, given: Sequence[str]) -> Sequence[str]:
    """The names without those that the model does not know, unless it lacks one that may be among them."""
    if len(given) <= len(columns) and all(name in columns.positions for name in given):
        return given
    names = set(given)
    if not all(column.is_optional or column.name in names for column in columns):
        return given
    return [name for name in given if name in columns.positions]


def wrong_names(columns: Columns, given: Sequence[str], field: str) -> RequestError | None:
    """What is wrong with the names of some columns, each of which is given for all rows."""
    doubled = [name for name, count in Counter(given).items() if count > 1]
    if doubled:
        names = listed([quoted(name) for name in doubled])
        return invalid(WRONG_COLUMNS, f"columns appear twice: {names}", field)
    row = dict.fromkeys(given)
    try:
        NamedRows(columns).in_order([row], lambda _: field)
    except RequestError as error:
        return error
    return None


def _places(where: Sequence[int], count: int, place: RowPlace) -> str:
    if count == 1:
        return ""
    others = len(where) - 1
    more = f" and {others} more row{'s' if others > 1 else ''}" if others else ""
    return f" in {place(where[0])}{more}" if len(where) < count else " in every row"
