"""How many threads an estimator may use for one prediction.

A single row is too little work to share: forests with `n_jobs=-1`, OpenMP and BLAS take many times as long
for it with several threads, and in a container they start one for each core of the machine.
"""

from collections.abc import Iterator

# Deep enough for a search over pipelines of stacked ensembles: each takes a list, a tuple and itself.
MAX_DEPTH = 24


def limit(estimator: object, threads: int) -> None:
    """Let it use this many, and say nothing on the standard streams."""
    import threadpoolctl

    for part in parts(estimator):
        attributes = vars(part)
        if "n_jobs" in attributes:
            part.n_jobs = threads
        # What joblib prints of its progress is no JSON.
        if attributes.get("verbose"):
            part.verbose = type(attributes["verbose"])()
        if type(part).__module__.startswith("xgboost.") and hasattr(part, "set_param"):
            part.set_param({"nthread": threads})
    # Without a `with`, for good: OpenMP and BLAS of every library that has been loaded.
    threadpoolctl.threadpool_limits(limits=threads)


def parts(estimator: object) -> Iterator[object]:
    """The estimators in an estimator, itself included, and the boosters in them."""
    return _parts(estimator, 0, set())


def _parts(value: object, depth: int, seen: set[int]) -> Iterator[object]:
    if depth > MAX_DEPTH or id(value) in seen or isinstance(value, type):
        return
    seen.add(id(value))
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list | tuple):
        inner = list(value)
    elif getattr(getattr(value, "dtype", None), "kind", "") == "O" and hasattr(value, "flat"):
        inner = list(value.flat)
    elif hasattr(value, "__dict__") and (hasattr(value, "get_params") or hasattr(value, "set_param")):
        yield value
        inner = list(vars(value).values())
    else:
        return
    for each in inner:
        if not isinstance(each, str | bytes | int | float | None):
            yield from _parts(each, depth + 1, seen)
