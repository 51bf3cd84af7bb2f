"""How asking a feature store can fail, as data."""

import math
from http import HTTPStatus

from model_server.errors import Kind, RequestError

# What says that the server is not up to its work, whatever it is asked. Feast answers with a 500 to a single
# question that it does not like.
ILLNESSES = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)

# Every code with its kind, and when it comes.
CODES = {
    "unknown_entity": (
        Kind.INVALID,
        "The feature store does not know the entity, or not this feature of it.",
    ),
    "stale_feature": (
        Kind.INVALID,
        "What it knows is older than `MAX_AGE` or `MAX_AGES` allows, or than Feast does.",
    ),
    "missing_feature": (Kind.INVALID, "It holds null, and missing values are not accepted."),
    "feature_store_failed": (Kind.UPSTREAM_FAILED, "It answered with an error."),
    "feature_store_invalid": (Kind.UPSTREAM_FAILED, "It answered something else than it was asked for."),
    "feature_store_unavailable": (Kind.UNAVAILABLE, "There is no connection to it."),
    "feature_store_paused": (
        Kind.UNAVAILABLE,
        "It failed too often of late and is left alone; `Retry-After` says until when.",
    ),
    "feature_store_busy": (Kind.UNAVAILABLE, "Too many requests wait for it already."),
    "feature_store_timeout": (Kind.UPSTREAM_TOO_SLOW, "It did not answer in time."),
}


class FeatureStoreError(RequestError):
    """The feature store did not do its part.

    `outcome` is what the metrics call it; `is_illness` whether it is better left alone for a while. A store
    that answers quickly, if wrongly, takes nobody's time.
    """

    def __init__(self, outcome: str, reason: str, is_illness: bool = False, retry_after: float = 1):
        code = f"feature_store_{outcome}"
        kind = CODES[code][0]
        seconds = max(1, math.ceil(retry_after)) if kind is Kind.UNAVAILABLE else None
        super().__init__(kind, code, reason, "entities", seconds)
        self.outcome = outcome
        self.is_illness = is_illness


def unavailable(reason: str) -> FeatureStoreError:
    """There is no connection to it."""
    return FeatureStoreError(
        "unavailable", f"the feature store cannot be reached ({reason})", is_illness=True
    )


def late(timeout: float) -> FeatureStoreError:
    """It took too long."""
    return FeatureStoreError(
        "timeout", f"the feature store did not answer within {timeout:g} s", is_illness=True
    )


def failed(status: int) -> FeatureStoreError:
    """It refused, or failed by itself."""
    return FeatureStoreError(
        "failed", f"the feature store answered with status {status}", is_illness=status in ILLNESSES
    )


def invalid(reason: str) -> FeatureStoreError:
    """It answered something else than it was asked for."""
    return FeatureStoreError("invalid", f"the feature store answered wrongly: {reason}")


def paused(seconds: float) -> FeatureStoreError:
    """It has failed too often of late and is left alone."""
    return FeatureStoreError(
        "paused", "the feature store has failed repeatedly and is not asked for now", retry_after=seconds
    )


def busy(calls: int) -> FeatureStoreError:
    """Too many requests wait for it already."""
    return FeatureStoreError("busy", f"{calls} requests wait for the feature store already")
