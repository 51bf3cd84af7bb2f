"""The feature store as the server sees it: entities in, rows of the model's features out."""

import logging
import re
from array import array
from collections import Counter
from time import monotonic, perf_counter

from model_server.errors import RequestError, StartError
from model_server.feature_store import answers, failures
from model_server.feature_store.answers import Rows, Rules
from model_server.feature_store.breaker import Breaker
from model_server.feature_store.client import Client
from model_server.feature_store.entities import Entities
from model_server.feature_store.failures import FeatureStoreError
from model_server.feature_store.metrics import FeatureStoreMetrics
from model_server.models.model import Model
from model_server.settings.feature_store import PREFIX, FeatureStoreSettings

logger = logging.getLogger(__name__)

# Seconds between two lines that say why the feature store fails.
LOG_INTERVAL = 1.0
# A view of which a certain version is asked for.
VERSION = re.compile(r"v(\d+)", re.IGNORECASE)


class FeatureStore:
    """One feature server, asked for the features of one model."""

    def __init__(self, settings: FeatureStoreSettings, model: Model, allows_null: bool):
        names = feature_names(settings, model)
        replaces = settings.on_missing == "defaults"
        self.entity_keys = settings.entity_keys
        self._rules = Rules(
            names,
            model.typecode,
            settings.defaults if replaces else {},
            allows_null,
            max_ages(settings, names),
        )
        self._settings = settings
        self._client = Client(settings)
        self._breaker = Breaker(settings.breaker_failures, settings.breaker_pause, _tell)
        self.metrics = FeatureStoreMetrics(self._breaker)
        self._waiting = 0
        self._silent_until = 0.0
        self._default_row = (
            array(model.typecode, [settings.defaults[name] for name in names]) if settings.defaults else None
        )

    async def rows(self, entities: Entities) -> Rows:
        """The features of some entities, or defaults, or a `RequestError`."""
        try:
            found = await self._ask(entities)
        except FeatureStoreError as error:
            self.metrics.outcomes[error.outcome] += 1
            self._log(error)
            if self._settings.on_failure == "fail":
                raise
            found = self._defaults(entities.count)
        except RequestError:
            self.metrics.outcomes["missing"] += 1
            raise
        else:
            self.metrics.outcomes["ok"] += 1
        for name, number in found.defaults:
            self.metrics.defaults[name] += number
        return found

    async def close(self) -> None:
        """End its connections."""
        await self._client.close()

    async def _ask(self, entities: Entities) -> Rows:
        if self._waiting >= self._settings.max_calls:
            raise failures.busy(self._waiting)
        call = self._breaker.admit()
        if call is None:
            raise failures.paused(self._breaker.seconds_left())
        self._waiting += 1
        started = perf_counter()
        told = False
        try:
            body = await self._client.ask(entities.columns)
            self._breaker.succeeded(call)
            told = True
        except FeatureStoreError as error:
            if error.is_illness:
                self._breaker.failed(call)
            else:
                self._breaker.succeeded(call)
            told = True
            raise
        finally:
            if not told:
                self._breaker.abandoned(call)
            self._waiting -= 1
            self.metrics.took(perf_counter() - started)
        return answers.read(body, entities, self._rules)

    def _log(self, error: FeatureStoreError) -> None:
        """Say why, but not for each of thousands of requests."""
        now = monotonic()
        if now >= self._silent_until:
            self._silent_until = now + LOG_INTERVAL
            logger.warning("feature store failed", extra={"code": error.code, "reason": error.message})

    def _defaults(self, count: int) -> Rows:
        each = tuple((name, count) for name in self._rules.names)
        return Rows(self._default_row * count, frozenset(range(count)), each)


def _tell(state: str) -> None:
    logger.warning("the feature store's circuit breaker is %s now", state)


def feature_names(settings: FeatureStoreSettings, model: Model) -> list[str]:
    """The features as the store will name them, in the model's order."""
    problems = []
    asked = [_name(feature, settings.full_feature_names) for feature in settings.features]
    wanted = list(model.feature_names or asked)
    twice = sorted(name for name, number in Counter(asked).items() if number > 1)
    if twice:
        problems.append(
            f"{PREFIX}FEATURES has {', '.join(twice)} twice: if they are of several views, set "
            f"{PREFIX}FULL_FEATURE_NAMES=true"
        )
    if settings.feature_service and not model.feature_names:
        problems.append(
            f"{PREFIX}FEATURE_SERVICE: the model has no feature names to find its features by; list them in "
            f"its order in {PREFIX}FEATURES instead"
        )
    if settings.features and model.feature_names:
        problems += _differences(f"{PREFIX}FEATURES", set(asked), set(wanted))
    elif settings.features and len(asked) != model.feature_count:
        problems.append(
            f"{PREFIX}FEATURES lists {len(asked)} features, the model takes {model.feature_count}"
        )
    if settings.defaults and wanted:
        problems += _differences(f"{PREFIX}DEFAULTS", set(settings.defaults), set(wanted))
    problems += _views_without_features(settings, wanted)
    if problems:
        raise StartError("invalid_setting", "; ".join(problems))
    return wanted


def _differences(where: str, given: set[str], wanted: set[str]) -> list[str]:
    problems = []
    if wanted - given:
        problems.append(f"{where} lacks {', '.join(sorted(wanted - given))}")
    if given - wanted:
        problems.append(f"{where} has {', '.join(sorted(given - wanted))}, which the model does not take")
    return problems


def max_ages(settings: FeatureStoreSettings, names: list[str]) -> dict[str, tuple[float, bool]]:
    """How old each feature may be in seconds, and whether that was said of its view."""
    views = {_name(feature, settings.full_feature_names): _view(feature) for feature in settings.features}
    found = {}
    for name in names:
        key = _max_age_of(settings, name, views.get(name))
        seconds = settings.max_age if key is None else settings.max_ages[key]
        if seconds:
            found[name] = (seconds, key is not None)
    return found


def _max_age_of(settings: FeatureStoreSettings, name: str, view: str | None) -> str | None:
    """Which of MAX_AGES is about a feature: that of its version, or else of its view."""
    given = settings.max_ages
    if view is None:
        # Views may have two underscores in their own name.
        of_name = [key for key in given if name.startswith((f"{key}__", f"{key}@"))]
        return max(of_name, key=len, default=None)
    return next((key for key in (view, view.partition("@")[0]) if key in given), None)


def _views_without_features(settings: FeatureStoreSettings, names: list[str]) -> list[str]:
    views = {_name(feature, settings.full_feature_names): _view(feature) for feature in settings.features}
    used = {_max_age_of(settings, name, views.get(name)) for name in names}
    unused = sorted(settings.max_ages.keys() - used)
    return (
        [f"{PREFIX}MAX_AGES has {', '.join(unused)}, of which the model takes no feature"] if unused else []
    )


def _view(feature: str) -> str:
    """What Feast calls the view of a feature: without its version, if that is the latest one."""
    given = feature.partition(":")[0]
    view, _, version = given.partition("@")
    if version.lower() in ("", "latest"):
        return view
    number = VERSION.fullmatch(version)
    return f"{view}@v{int(number[1])}" if number else given


def _name(feature: str, full: bool) -> str:
    """What Feast calls a feature in its answer."""
    short = feature.partition(":")[2]
    return f"{_view(feature)}__{short}" if full else short
