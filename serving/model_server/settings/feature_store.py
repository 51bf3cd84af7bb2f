"""Settings of the feature store, and what is wrong with them."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from model_server.rows.rows import Feature
from model_server.settings import credentials

PREFIX = "MODEL_SERVER_FEATURE_STORE_"

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]


class FeatureStoreSettings(
    credentials.Credentials, msgspec.Struct, frozen=True, kw_only=True, rename="upper"
):
    """Every setting, its default and its limits. Lists and mappings are written as JSON."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^https?://[^\s?#]+$",
            description="Address of the Feast feature server, such as `http://feast:6566`.",
        ),
    ]
    entity_keys: Annotated[
        dict[str, Literal["integer", "int32", "string", "number", "boolean"]],
        Meta(
            min_length=1,
            description="Join keys that a request must bring, and the type of each, as JSON: "
            '`{"customer_id": "integer"}`. Types: `integer`, `string`, `number`, `boolean`. What an '
            "on-demand feature view takes from the request is named here as well.",
        ),
    ]
    feature_service: Annotated[
        str,
        Meta(description="Feature service to ask for instead of `FEATURES`, if the model has feature names."),
    ] = ""
    features: Annotated[
        list[Annotated[str, Meta(pattern=r"^[^:\s]+:[^:\s]+$")]],
        Meta(
            description='Features to ask for, as JSON: `["view:feature", ...]`. A model without feature '
            "names takes them in this order, another one in the order of its names."
        ),
    ] = []
    full_feature_names: Annotated[
        bool, Meta(description="Whether the model's features are named `view__feature` instead of `feature`.")
    ] = False
    max_age: Annotated[
        float,
        Meta(
            ge=0,
            description="Seconds after which a feature is too old, by the event timestamp that Feast answers "
            "with: a request that needs it is refused as `stale_feature`. 0: never.",
        ),
    ] = 0
    max_ages: Annotated[
        dict[str, Annotated[float, Meta(ge=0)]],
        Meta(
            description='The same for single feature views, such as their `ttl`, as JSON: `{"view": 3600, '
            "...}`. Needs `FEATURES` or `FULL_FEATURE_NAMES`, which tell the features' views."
        ),
    ] = {}
    timeout: Annotated[Seconds, Meta(description="Seconds the feature store gets to answer.")] = 1.0
    on_failure: Annotated[
        Literal["fail", "defaults"],
        Meta(
            description="What follows when the feature store does not answer as it should: `fail` refuses "
            "the request, `defaults` predicts from `DEFAULTS`, and says so in the answer."
        ),
    ] = "fail"
    on_missing: Annotated[
        Literal["refuse", "defaults"],
        Meta(
            description="What follows when it knows no value for an entity: `refuse` refuses the request, "
            "`defaults` takes the feature's default, and says so in the answer."
        ),
    ] = "refuse"
    defaults: Annotated[
        dict[str, Feature],
        Meta(description='Value of each feature where there is none, as JSON: `{"feature": 0.5, ...}`.'),
    ] = {}
    max_calls: Annotated[
        Count,
        Meta(
            description="Most requests that wait for the feature store at the same time; the rest of the "
            "server stays free for others."
        ),
    ] = 64
    breaker_failures: Annotated[
        Count, Meta(description="Failures one after the other until the feature store is left alone.")
    ] = 5
    breaker_pause: Annotated[
        Seconds,
        Meta(description="Seconds it is left alone. Then one request tries it, and decides how it goes on."),
    ] = 5.0


def problems(given: FeatureStoreSettings, response_timeout: float) -> list[str]:
    """What cannot work, as far as it can be said without the model."""
    found = []
    if bool(given.feature_service) == bool(given.features):
        found.append(f"set either {PREFIX}FEATURE_SERVICE or {PREFIX}FEATURES")
    wants_defaults = "defaults" in (given.on_failure, given.on_missing)
    if wants_defaults and not given.defaults:
        found.append(f"{PREFIX}ON_FAILURE or ON_MISSING is defaults, but {PREFIX}DEFAULTS is empty")
    if given.defaults and not wants_defaults:
        found.append(f"{PREFIX}DEFAULTS is set, but neither {PREFIX}ON_FAILURE nor ON_MISSING is defaults")
    if given.timeout >= response_timeout:
        found.append(
            f"{PREFIX}TIMEOUT ({given.timeout}) must be less than RESPONSE_TIMEOUT ({response_timeout})"
        )
    if given.max_ages and given.feature_service and not given.full_feature_names:
        found.append(
            f"{PREFIX}MAX_AGES: the features of {PREFIX}FEATURE_SERVICE do not tell their views; set "
            f"{PREFIX}FULL_FEATURE_NAMES=true, or {PREFIX}MAX_AGE for all"
        )
    found += credentials.problems(PREFIX, given)
    return found
