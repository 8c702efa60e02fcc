"""A cluster of Ray on this machine: each node is a raylet with its workers, and can be killed like a machine.

Of a node only what runs actors is started. Its agents, which serve the dashboard and prepare environments that nobody
asks for here, take many times as long as all the rest, and on a busy machine a raylet that waits 15 s for their ports
ends itself.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest import mock

import psutil

# A busy machine takes long to begin anything.
PATIENCE = {
    "RAY_agent_register_timeout_ms": "600000",
    "RAY_worker_register_timeout_seconds": "600",
    "RAY_gcs_server_request_timeout_seconds": "600",
    "RAY_health_check_timeout_ms": "60000",
}
NO_PORTS = ("metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port")
PORT = "runtime_env_agent_port"
NOBODY = "sleep 1000000"  # in place of an agent; a raylet ends with its agents


class Nodes:
    """A head, which does no work, and nodes of one core each; a context manager.

    Args:
        count: nodes to begin with.
    """

    def __init__(self, count: int) -> None:
        for name, value in PATIENCE.items():
            os.environ.setdefault(name, value)
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(initialize_head=False)
        self._add(0, include_dashboard=False, no_monitor=True)
        self.address: str = self._cluster.address
        self.nodes: list[Any] = []
        for _ in range(count):
            self.add()

    def add(self) -> None:
        """One more machine."""
        self.nodes.append(self._add(1))

    def _add(self, cores: int, **more: Any) -> Any:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            more[PORT] = free.getsockname()[1]
        more |= {"include_log_monitor": False, "object_store_memory": 80 * 2**20}
        with _lean():
            return self._cluster.add_node(wait=False, num_cpus=cores, **more)

    def processes(self, node: Any) -> list[psutil.Process]:
        """All that runs on a node."""
        found = []
        for root in [one.process.pid for many in node.all_processes.values() for one in many]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(root)
                found += [process, *process.children(recursive=True)]
        return found

    def actors(self) -> list[psutil.Process]:
        """The processes of our actors, on all nodes."""
        return [p for node in self.nodes for p in self.processes(node) if "_Life" in " ".join(_words(p))]

    def kill(self, number: int) -> None:
        """`kill -9` of everything on a node, as when the machine loses its power."""
        node = self.nodes.pop(number)
        there = self.processes(node)
        for process in there:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(there)
        self._cluster.remove_node(node, allow_graceful=False)

    def __enter__(self) -> Nodes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cluster.shutdown()


@contextlib.contextmanager
def _lean() -> Iterator[None]:
    """Ray as it starts a node with nothing but a raylet, and with patience."""
    from ray._private import node, services

    with (
        mock.patch.object(node, "time", _Patient()),
        mock.patch.object(services, "start_api_server", lambda *arguments, **more: ("", None)),
        mock.patch.object(services, "start_raylet", _told_its_ports(services.start_raylet)),
        mock.patch.object(services, "start_ray_process", _without_agents(services.start_ray_process)),
    ):
        yield


def _told_its_ports(start: Callable[..., Any]) -> Callable[..., Any]:
    """Starting a raylet that finds in files what its agents would say."""

    @functools.wraps(start)
    def wrapped(*arguments: Any, **more: Any) -> Any:
        told = inspect.signature(start).bind(*arguments, **more).arguments
        for name in (*NO_PORTS, PORT):
            port = told[PORT] if name == PORT else -1
            Path(told["session_dir"], f"{name}_{told['node_id']}").write_text(str(port))
        return start(*arguments, **more)

    return wrapped


def _without_agents(start: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(command: list[str], *arguments: Any, **more: Any) -> Any:
        lean = [f"{word.partition('=')[0]}={NOBODY}" if "_agent_command=" in word else word for word in command]
        return start(lean, *arguments, **more)

    return wrapped


class _Patient:
    """`time`, in which it passes a hundred times as slowly: Ray gives a node 30 s to begin."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    @staticmethod
    def monotonic() -> float:
        return time.monotonic() / 100


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
