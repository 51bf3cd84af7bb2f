"""Rows by name or by position: a request has them in one way."""

from collections.abc import Callable

from model_server.errors import invalid

WORDS = {dict: "by name (an object)", list: "by position (a list)"}


def check_one_form(found: list, place: Callable[[int, None], str]) -> None:
    """Refuse what is no row, and rows of which some are by name and others by position."""
    kind = type(found[0])
    for number, row in enumerate(found):
        if type(row) not in WORDS:
            raise invalid("invalid_value", "a row is a list or an object", place(number, None))
        if type(row) is not kind:
            raise invalid(
                "mixed_rows",
                f"{place(number, None)} is {WORDS[type(row)]} and {place(0, None)} {WORDS[kind]}: give all "
                "rows of a request in one way",
                place(number, None),
            )
