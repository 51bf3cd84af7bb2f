"""Asks a server by KServe's own client; prints what it got. Runs in the instruments' environment."""

import asyncio
import json
import sys
from pathlib import Path

import httpx
import numpy
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

BOTH = ("predict", "predict_proba")


def request(model: str, rows: numpy.ndarray, binary: bool, outputs: tuple[str, ...] = BOTH) -> InferRequest:
    given = InferInput("features", list(rows.shape), "FP32")
    given.set_data_from_numpy(rows, binary_data=binary)
    wanted = [RequestedOutput(name) for name in outputs]
    return InferRequest(model, [given], request_id="id-7", request_outputs=wanted)


async def reason(call) -> dict:
    try:
        await call
    except httpx.HTTPStatusError as refused:
        return {"status": refused.response.status_code, "message": str(refused)}
    return {}


async def main(url: str, model: str, golden: str) -> None:
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    rows = numpy.array(json.loads(Path(golden).read_text())["features"], numpy.float32)
    told = {
        "live": await client.is_server_live(url),
        "ready": await client.is_server_ready(url),
        "model ready": await client.is_model_ready(url, model),
    }
    for binary in (True, False):
        answer = await client.infer(url, request(model, rows, binary), model_name=model)
        told["binary" if binary else "JSON"] = {
            "id": answer.id,
            "model": answer.model_name,
            **{output.name: output.as_numpy().tolist() for output in answer.outputs},
        }
    told["refused"] = {
        "shape": await reason(client.infer(url, request(model, rows[:, 1:], True), model_name=model)),
        "output": await reason(client.infer(url, request(model, rows, False, ("margin",)), model_name=model)),
        "model": await reason(client.infer(url, request("other", rows, True), model_name="other")),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
