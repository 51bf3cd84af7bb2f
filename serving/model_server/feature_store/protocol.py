"""POST /predict where a request may also bring entities."""

from array import array
from collections.abc import Coroutine
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from model_server.errors import RequestError, invalid
from model_server.feature_store import entities
from model_server.models.model import Model
from model_server.protocols.predict import PredictProtocol, as_document
from model_server.rows import rows
from model_server.rows.row_errors import RowError
from model_server.settings import Settings

if TYPE_CHECKING:
    from model_server.feature_store.store import FeatureStore

Answer = tuple[bytes, int]
# The same, and the features that were fetched for it.
LaterAnswer = Coroutine[None, None, tuple[bytes, int, array]]


class EntityProtocol(PredictProtocol):
    """The plain protocol, and a third kind of request."""

    def __init__(self, model: Model, settings: Settings, feature_store: "FeatureStore"):
        super().__init__(model, settings)
        self._feature_store = feature_store
        request_type = entities.request_type(self._request_type, feature_store.entity_keys)
        self._decode_entities = msgspec.json.Decoder(request_type).decode

    def predict(self, body: bytes) -> Answer | LaterAnswer:
        """As without entities; with them the answer takes a while, and is a coroutine."""
        # A key can also be written with escapes.
        if b'"entities"' not in body and b"\\" not in body:
            return super().predict(body)
        rows.check_row_count(body, self._max_rows)
        request = rows.decode(body, self._decode_entities)
        if request.entities is UNSET:
            return super().predict(body)
        rows.check_duplicates(body)
        if any(each is not UNSET for each in (request.features, request.instances, request.sparse)):
            raise invalid(
                "missing_field", "give one of `features`, `instances`, `sparse` and `entities`", "entities"
            )
        if request.probabilities:
            self._check_probabilities()
        asked = entities.read(request.entities, self._feature_store.entity_keys, self._max_rows)
        return self._ask(asked, bool(request.probabilities))

    async def _ask(self, asked: entities.Entities, probabilities: bool) -> tuple[bytes, int, array]:
        found = await self._feature_store.rows(asked)
        # Predicting may put NaN in the place of a marker, and what was fetched is yet to be logged.
        try:
            answers = self._reader.predict(found.values[:], asked.count, probabilities)
        except RowError as error:
            message = error.reason if asked.single else error.message
            raise RequestError(error.kind, error.code, message, asked.place(error.row)) from None
        document = as_document(answers, asked.single, probabilities)
        if found.defaulted:
            each = [row in found.defaulted for row in range(asked.count)]
            document["defaulted"] = each[0] if asked.single else each
        return msgspec.json.encode(document), asked.count, found.values
