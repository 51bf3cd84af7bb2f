"""Processor time per call of what a gRPC server could be built on: each answers a constant.

    python bench/serving/grpc_libraries.py            (in an environment with grpcio, grpclib and uvloop)
    python bench/serving/grpc_libraries.py --port 8081 (a running server, by its process: --pid)

Nothing is decoded and nothing predicted: what is measured is HTTP/2 and the library's own way to a handler.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

TICK = 1 / os.sysconf("SC_CLK_TCK")
METHOD = "/inference.GRPCInferenceService/ModelInfer"
ASKED, ANSWERED = bytes(180), bytes(60)


class Constant(grpc.GenericRpcHandler):
    """Answers whatever is asked, without looking at it."""

    def __init__(self, handle):
        self._handler = grpc.unary_unary_rpc_method_handler(handle)

    def service(self, _):
        return self._handler


def serve_threads(port: int) -> None:
    server = grpc.server(ThreadPoolExecutor(1), [Constant(lambda _request, _context: ANSWERED)])
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()


def serve_aio(port: int) -> None:
    import uvloop

    async def handle(_request: bytes, _context) -> bytes:
        return ANSWERED

    async def serve() -> None:
        server = grpc.aio.server(handlers=[Constant(handle)])
        server.add_insecure_port(f"127.0.0.1:{port}")
        await server.start()
        await server.wait_for_termination()

    uvloop.run(serve())


def serve_grpclib(port: int) -> None:
    import uvloop
    from grpclib.const import Cardinality, Handler
    from grpclib.encoding.base import CodecBase
    from grpclib.server import Server

    class Bytes(CodecBase):
        __content_subtype__ = "proto"

        def encode(self, message, _message_type):
            return message

        def decode(self, data, _message_type):
            return data

    async def handle(stream) -> None:
        await stream.recv_message()
        await stream.send_message(ANSWERED)

    class Service:
        def __mapping__(self):
            return {METHOD: Handler(handle, Cardinality.UNARY_UNARY, bytes, bytes)}

    async def serve() -> None:
        server = Server([Service()], codec=Bytes())
        await server.start("127.0.0.1", port)
        await server.wait_closed()

    uvloop.run(serve())


CANDIDATES = {"grpcio, threads": serve_threads, "grpcio, aio": serve_aio, "grpclib": serve_grpclib}


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(map(int, fields[11:13])) * TICK


def measure(pid: int, port: int, calls: int) -> float:
    """Microseconds of processor time of the server per call."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary(METHOD)
        for _ in range(200):
            call(ASKED, wait_for_ready=True)
        before = cpu_seconds(pid)
        for _ in range(calls):
            call(ASKED)
        return (cpu_seconds(pid) - before) / calls * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", choices=CANDIDATES, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=28_181)
    parser.add_argument("--calls", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.serve:
        CANDIDATES[arguments.serve](arguments.port)
        return
    found = {name: [] for name in CANDIDATES}
    for _ in range(arguments.rounds):
        for name in CANDIDATES:
            command = [sys.executable, __file__, "--serve", name, "--port", str(arguments.port)]
            server = subprocess.Popen(command)
            try:
                found[name].append(measure(server.pid, arguments.port, arguments.calls))
            finally:
                server.send_signal(signal.SIGKILL)
                server.wait()
                time.sleep(0.2)
    for name, figures in found.items():
        print(f"{name}: {min(figures):.0f} µs")


if __name__ == "__main__":
    main()
