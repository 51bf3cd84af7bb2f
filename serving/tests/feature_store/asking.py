"""How a server is told of the store, asked about wines, and looked into."""

import json

from conftest import RunningServer

from tests.feature_store.server import WINE


def settings(url: str, **others) -> dict[str, object]:
    """What a server needs to ask about wines."""
    given = {
        "url": url,
        "entity_keys": {"wine_id": "integer"},
        "features": [f"wine_features:{name}" for name in WINE],
        # Long enough for a busy machine, unless a test is about it.
        "timeout": 50,
        **others,
    }
    return {f"feature_store_{name}": written(value) for name, value in given.items()}


def written(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list) else value


def about(*ids: int) -> dict:
    return {"entities": {"wine_id": list(ids)}}


def metrics(server: RunningServer) -> dict[str, float]:
    lines = server.get("/metrics").content.decode().splitlines()
    found = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}
    prefix = "model_server_feature_store_"
    return {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}


def outcomes(server: RunningServer) -> dict[str, int]:
    """How often the store was asked, by outcome."""
    found = {}
    for name, value in metrics(server).items():
        if name.startswith("requests_total") and value:
            found[name.split('"')[1]] = int(value)
    return found


def breaker(server: RunningServer) -> str:
    (state,) = [
        name.split('"')[1] for name, value in metrics(server).items() if name.startswith("breaker{") and value
    ]
    return state
