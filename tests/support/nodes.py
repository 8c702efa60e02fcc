"""A cluster of Ray on this machine: each node is a raylet with its workers, and can be killed like a machine."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

import psutil

QUIET = {"include_dashboard": False, "object_store_memory": 80 * 2**20}


class Nodes:
    """A head, which does no work, and nodes of one core each; a context manager.

    Args:
        count: nodes to begin with.
    """

    def __init__(self, count: int) -> None:
        from ray._private import node
        from ray.cluster_utils import Cluster

        node.time = _Patient()  # it gives a node 30 s to begin, which on a busy machine is too little
        self._cluster = Cluster(initialize_head=False)
        self._cluster.add_node(wait=False, num_cpus=0, **QUIET)
        self.address: str = self._cluster.address
        self.nodes: list[Any] = []
        for _ in range(count):
            self.add()

    def add(self) -> None:
        """One more machine."""
        size = QUIET["object_store_memory"]
        self.nodes.append(self._cluster.add_node(wait=False, num_cpus=1, object_store_memory=size))

    def processes(self, node: Any) -> list[psutil.Process]:
        """All that runs on a node."""
        roots = [psutil.Process(one.process.pid) for many in node.all_processes.values() for one in many]
        return [*roots, *(child for root in roots for child in root.children(recursive=True))]

    def actors(self) -> list[psutil.Process]:
        """The processes of our actors, on all nodes."""
        return [p for node in self.nodes for p in self.processes(node) if "_Life" in " ".join(_words(p))]

    def kill(self, number: int) -> None:
        """`kill -9` of everything on a node, as when the machine loses its power."""
        node = self.nodes.pop(number)
        there = self.processes(node)
        for process in there:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(there)
        self._cluster.remove_node(node, allow_graceful=False)

    def __enter__(self) -> Nodes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cluster.shutdown()


class _Patient:
    """`time`, in which it passes a hundred times as slowly."""

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
