"""Schemathesis tries out what the OpenAPI description says: all of its checks, right and wrong requests.

`--examples=1000` is the long form.
"""

import pytest

from tests.instruments import environment

KINDS = {
    "binary": ("breast-cancer", {"model_version": "1.0.0"}),
    "multi-class, few rows": ("wine", {"max_rows": 3, "model_version": "a b/c%20"}),
    "regression": ("diabetes", {}),
    "missing values": ("breast-cancer", {"missing_values": "null"}),
}


# What refuses a wrong request: what Schemathesis knows, and a body that is too large for its many rows.
REFUSALS = [*("400", "401", "403", "404", "405", "406", "409"), "413", *("415", "422", "428", "429", "5xx")]


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_does_as_it_is_described(request, models, launch, kind, tmp_path):
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(f"[checks.negative_data_rejection]\nexpected-statuses = {REFUSALS}\n")
    sample, settings = KINDS[kind]
    server = launch(models / sample / "1.0.0" / "model.pkl", **settings)
    server.ignore_log()
    tried = environment.run(
        "schemathesis",
        *("--config-file", configuration),
        *("run", f"http://127.0.0.1:{server.port}/openapi.json", "--no-color"),
        *("--checks", "all", "--mode", "all", "--phases", "examples,coverage,fuzzing,stateful"),
        *("--max-examples", str(request.config.getoption("examples")), "--seed", "6"),
        # How long it takes to make up requests says nothing about the server.
        *("--suppress-health-check", "too_slow"),
        # What it has found once would be tried again, from a folder of its own.
        *("--generation-database", "none", "--continue-on-failure"),
    )
    assert tried.returncode == 0, tried.stdout
    assert "No issues found" in tried.stdout
    assert server.process.poll() is None
