"""A server in a process of its own is ended: nothing is left of it, however that happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from serving import client, separate

SCRIPT = """
from made_up import open_made_up  # all that its workers need of it

def main():
    import sys
    from pathlib import Path
    from unweave.app.crew import Worker
    from unweave.app.limits import Limits
    from unweave.app.server import run
    from unweave.app.service import Service

    models = {"tiny": Worker("tiny", open_made_up)}
    service = Service(Worker("eyes", open_made_up), models, Limits(), Path(sys.argv[1]))
    def ready(port):
        print(port, *(worker.process.pid for worker in service.workers), flush=True)
    run(service, "127.0.0.1", 0, [], ready)

if __name__ == "__main__":
    main()
"""


def lives(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left(number: int, tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SCRIPT)
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    command = [sys.executable, str(tmp_path / "server.py"), str(rooms)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        port, *children = map(int, server.stdout.readline().split())
        with client(f"http://127.0.0.1:{port}") as visitor:
            separate(visitor, "stubborn.wav")
            assert all(map(lives, children)) and len(children) == 2 and len(list(rooms.iterdir())) == 1
        server.send_signal(number)
        assert server.wait() == (0 if number == signal.SIGTERM else -number)
    while any(map(lives, children)):  # those of a killed server see that it is gone
        time.sleep(0.01)
    if number == signal.SIGKILL:
        from unweave.app.folders import Root

        Root(rooms).close()
    assert list(rooms.iterdir()) == []
