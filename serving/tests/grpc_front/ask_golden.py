"""Asks a server for the predictions of golden requests, and prints as JSON what it says and answers.

`python -m tests.grpc_front.ask_golden HOST:PORT MODEL GOLDEN`
"""

import json
import sys
from pathlib import Path

import grpc

from tests.grpc_front.client import HEALTH, INFERENCE, Client, ModelInferRequest

address, model, golden = sys.argv[1:]
rows = json.loads(Path(golden).read_text())["features"]
tensor = ModelInferRequest.InferInputTensor(name="x", datatype="FP64", shape=[len(rows), len(rows[0])])
tensor.contents.fp64_contents.extend(value for row in rows for value in row)
with grpc.insecure_channel(address) as channel:
    client = Client(channel)
    health = client.call(HEALTH, "Check").status
    ready = client.call(INFERENCE, "ModelReady", name=model).ready
    answer = client.infer(ModelInferRequest(model_name=model, inputs=[tensor]))
output = answer.outputs[0]
(values,) = [list(each) for _, each in output.contents.ListFields()]
found = {"health": health, "ready": ready, "version": answer.model_version, "answers": values}
sys.stdout.write(json.dumps(found))
