"""Asks a server by Triton's own client; prints what it got. Runs in the instruments' environment."""

import json
import sys
from pathlib import Path

import numpy
import tritonclient.http as triton


def tensor(rows: numpy.ndarray, datatype: str, binary: bool) -> triton.InferInput:
    given = triton.InferInput("features", rows.shape, datatype)
    given.set_data_from_numpy(rows, binary_data=binary)
    return given


def reason(call, *arguments, **keywords) -> dict:
    try:
        call(*arguments, **keywords)
    except triton.InferenceServerException as refused:
        return {"status": refused.status(), "message": refused.message()}
    return {}


def main(url: str, model: str, version: str, golden: str) -> None:
    client = triton.InferenceServerClient(url)
    rows = numpy.array(json.loads(Path(golden).read_text())["features"], numpy.float32)
    told = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model ready": client.is_model_ready(model),
        "version ready": client.is_model_ready(model, version),
        "other model ready": client.is_model_ready("other"),
        "server": client.get_server_metadata(),
        "model": client.get_model_metadata(model, version),
    }
    both = ["predict", "predict_proba"]
    for name, datatype in (("FP32", numpy.float32), ("FP64", numpy.float64)):
        for binary in (True, False):
            wanted = [triton.InferRequestedOutput(output, binary_data=binary) for output in both]
            given = tensor(rows.astype(datatype), name, binary)
            answer = client.infer(model, [given], version, outputs=wanted, request_id="id-7")
            told[f"{name} {'binary' if binary else 'JSON'}"] = {
                "id": answer.get_response()["id"],
                **{output: answer.as_numpy(output).tolist() for output in both},
            }
    plain = client.infer(model, [tensor(rows[:1], "FP32", True)])
    told["nothing asked for"] = [output["name"] for output in plain.get_response()["outputs"]]
    pending = [client.async_infer(model, [tensor(rows[i : i + 1], "FP32", True)]) for i in range(len(rows))]
    told["at the same time"] = [one.get_result().as_numpy("predict").tolist()[0] for one in pending]
    told["refused"] = {
        "shape": reason(client.infer, model, [tensor(rows[:, 1:], "FP32", True)]),
        "NaN": reason(client.infer, model, [tensor(rows * numpy.nan, "FP32", True)]),
        "output": reason(
            client.infer,
            model,
            [tensor(rows, "FP32", True)],
            outputs=[triton.InferRequestedOutput("margin")],
        ),
        "model": reason(client.infer, "other", [tensor(rows, "FP32", True)]),
        "compressed": reason(
            client.infer, model, [tensor(rows, "FP32", True)], request_compression_algorithm="gzip"
        ),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
