"""A server of S3 on this machine, in memory: what Amazon's answers, without a network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

HOW = "needs a local S3: pip install 's3fs>=2024.12' 'moto[s3]>=5' flask flask-cors (they are in unweave[dev])"
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
}


def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket on a server of its own: the name of the bucket."""
    for package in ("s3fs", "moto", "flask_cors"):
        pytest.importorskip(package, reason=HOW)
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {**SETTINGS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}.items():
        monkeypatch.setenv(name, value)
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("bucket")
    try:
        yield "bucket"
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
        server.stop()
