"""The life of the process: load, listen, serve, drain, exit."""

import argparse
import asyncio
import gc
import logging
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from model_server import settings
from model_server.errors import StartError, StoppedError
from model_server.models import golden, loading
from model_server.models.model import Model
from model_server.process import logs, memory, warning_log
from model_server.rows import missing_marker
from model_server.service.health import LOOK, Health
from model_server.service.metrics import Metrics
from model_server.service.service import OperatorsService, PredictionService
from model_server.settings import Settings
from model_server.web.application import Application, OperatorsApplication
from model_server.web.connection import UVICORN_SETTINGS, Connection
from model_server.web.limits import Limits
from model_server.web.listener import Listener
from model_server.web.management import Management
from model_server.web.metrics import ConnectionMetrics
from model_server.web.refusals import REFUSAL

if TYPE_CHECKING:
    # Imported only where they are configured.
    from model_server.feature_store.store import FeatureStore
    from model_server.grpc.port import GrpcPort
    from model_server.payload_log.log import PayloadLog

logger = logging.getLogger(__name__)

BACKLOG = 2048
# The part of the drain time that is kept for what the payload log has still to deliver, and its most seconds.
FLUSH_SHARE = 0.25
MAX_FLUSH_SECONDS = 5.0


class Server(uvicorn.Server):
    """uvicorn, but a signal first makes the server unready and only later stops it."""

    def __init__(
        self,
        config: uvicorn.Config,
        service: PredictionService,
        limits: Limits,
        delay: float,
        management: Management | None,
        grpc: "GrpcPort | None" = None,
    ):
        super().__init__(config)
        self._service = service
        self._management = management
        self._grpc = grpc
        self._limits = limits
        self._delay = delay
        self._sweep: asyncio.Task | None = None
        self._listener: Listener | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, and only then say so."""
        (listening,) = sockets
        await super().startup([])
        self._sweep = asyncio.create_task(self._limits.sweep())
        self._service.start()
        self._listener = Listener(listening, self._limits, self._connection, self._answered, REFUSAL)
        ports = {"port": listening.getsockname()[1]}
        if self._grpc:
            self._grpc.start(self._answered)
            ports["grpc_port"] = self._grpc.port
        if self._management:
            self._service.health.answered = self._answered
            self._beat()
            self._management.start()
            ports["management_port"] = self._management.port
        logger.info("ready", extra=ports)

    def _beat(self) -> None:
        """Show that the event loop has its turns."""
        self._service.health.turns += 1
        asyncio.get_running_loop().call_later(LOOK, self._beat)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and end when all who have connected are answered."""
        await self._listener.close()
        timeout = self.config.timeout_graceful_shutdown
        leaving = asyncio.create_task(self._grpc.close(timeout)) if self._grpc else None
        await super().shutdown([])
        if leaving:
            await leaving
        await self._service.close()

    def _connection(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    def _answered(self) -> int:
        return self.server_state.total_requests + (self._grpc.answered() if self._grpc else 0)

    def handle_exit(self, sig: int, frame) -> None:
        """Called on SIGTERM and SIGINT; a second signal skips the delay.

        uvicorn's own method is left out on purpose: it raises the signal again after a clean shutdown,
        which would turn exit code 0 into "killed by SIGTERM".
        """
        if self._service.health.draining:
            self.should_exit = True
            return
        self._service.health.draining = True
        logger.info("draining", extra={"signal": signal.Signals(sig).name, "delay": self._delay})
        if self._grpc:
            self._grpc.drain()
        asyncio.get_running_loop().call_later(self._delay, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def load(given: Settings) -> Model:
    """Load and verify the model."""
    loaded = loading.load(given)
    path = golden.find(given.golden_path, given.model_path)
    replayed = loaded.verify((lambda: golden.replay(path, loaded)) if path else None)
    logger.info(
        "model loaded",
        extra={
            "sha256": loaded.sha256,
            "format": loaded.format,
            "objective": loaded.objective,
            "engine": loaded.engine.name,
            "reason": loaded.engine.reason,
            "features": loaded.feature_count,
            **_marker(loaded),
            "golden_rows": replayed,
        },
    )
    return loaded


def _marker(loaded: Model) -> dict[str, float]:
    marker = loaded.missing_marker
    return {"missing_marker": marker} if missing_marker.is_number(marker) else {}


def make_feature_store(given: Settings, loaded: Model) -> "FeatureStore | None":
    """Prepare to ask the feature store, if there is one. Being ready does not take an answer of it."""
    if not given.feature_store:
        return None
    # Its HTTP client takes longer to import than all the rest.
    from model_server.feature_store.store import FeatureStore

    return FeatureStore(given.feature_store, loaded, given.missing_values == "null")


def make_payload_log(given: Settings, loaded: Model) -> "PayloadLog | None":
    """Prepare to log payloads, if they are asked for. Whether the sink is there makes no difference."""
    if not given.payload_log:
        return None
    from model_server.payload_log.log import PayloadLog

    flush = min(MAX_FLUSH_SECONDS, given.drain_timeout * FLUSH_SHARE)
    return PayloadLog(given.payload_log, loaded, flush)


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections, which are answered later."""
    try:
        return socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        raise StartError("no_port", f"cannot listen on {host}:{port}: {error.strerror}") from None


def make_grpc_port(given: Settings, service: PredictionService, limits: Limits) -> "GrpcPort":
    """Listen for gRPC as well. Its connections count as those of HTTP do."""
    from model_server.grpc.application import Application as GrpcApplication
    from model_server.grpc.port import GrpcPort

    return GrpcPort(listen(given.host, given.grpc_port), GrpcApplication(service, given), limits)


def serve(given: Settings, loaded: Model) -> None:
    """Serve until a signal says otherwise."""
    feature_store = make_feature_store(given, loaded)
    payload_log = make_payload_log(given, loaded)
    # What is loaded now stays for good: no collection needs to look at it again.
    gc.collect()
    gc.freeze()
    # With hundreds of connections many short-lived objects are alive at once. The usual thresholds have the
    # collector look through them again and again, for half of the processor time of a request.
    gc.set_threshold(100_000, 50, 100)
    memory.keep_some()
    limits = Limits(given)
    metrics = Metrics(loaded, ConnectionMetrics(limits))
    health = Health()
    service = PredictionService(loaded, given, metrics, health, feature_store, payload_log)
    if feature_store:
        metrics.add(feature_store.metrics)
    if payload_log:
        metrics.add(payload_log.metrics)
    flush = payload_log.flush if payload_log else 0
    listening = listen(given.host, given.port)
    management = None
    if given.management_port:
        for_operators = OperatorsApplication(OperatorsService(loaded, given, metrics, health), given)
        management = Management(listen(given.host, given.management_port), for_operators, given, health)
        # Seconds after which a thread that computes lets another one go on; an answer takes some of them.
        sys.setswitchinterval(0.001)
    grpc = make_grpc_port(given, service, limits) if given.grpc_port else None
    config = uvicorn.Config(
        Application(service, given),
        loop="uvloop",
        http=type("LimitedConnection", (Connection,), {"limits": limits}),
        **UVICORN_SETTINGS,
        backlog=BACKLOG,
        timeout_graceful_shutdown=max(1, int(given.drain_timeout - flush)),
    )
    try:
        Server(config, service, limits, given.shutdown_delay, management, grpc).run(sockets=[listening])
    finally:
        # The last to close: until now its probes said that the server is alive, but not ready.
        if management:
            management.stop()
    logger.info("stopped")


def check_only(given: Settings) -> None:
    """Load and verify, but serve nothing: what an image build does with its model."""
    load(given)
    logger.info("model verified")


def _stop(*_: object) -> None:
    raise StoppedError(0)


def main(arguments: list[str], environment: dict[str, str]) -> int:
    """Run the server; return the exit code."""
    parser = argparse.ArgumentParser(prog="model_server", description="Serve one trained model over HTTP.")
    parser.add_argument("--check", action="store_true", help="load and verify the model, then exit")
    check = parser.parse_args(arguments).check
    # The first process of a container ignores signals it has no handler for; loading must be stoppable.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _stop)
    try:
        given = settings.from_environment(environment)
        files = [logs.open_file(given.log_file, given.log_file_bytes)] if given.log_file else []
        logs.configure(given.log_level, {"model": given.model_name, "version": given.model_version}, *files)
        warning_log.install()
        if check:
            check_only(given)
        else:
            serve(given, load(given))
    except StartError as error:
        if not logging.getLogger().handlers:
            logs.configure("info", {})
        logger.critical("cannot start: %s", error, extra={"code": error.code})
        return 1
    return 0
