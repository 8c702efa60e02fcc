"""HARP 3 as a server sees it: what its GradioClient sends through JUCE, byte by byte, and what it reads of the answers.

After TEAMuP-dev/HARP, src/clients/GradioClient.h and src/Model.h, and juce-framework/JUCE, juce_URL.cpp and its
WebInputStream on Linux. HARP reads a stream line by line until "event: complete" or "event: error", and takes the line
after it; every output of `process` has to be an object with `meta`; files are fetched from `url`.
"""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

AGENT = "User-Agent: JUCE/8.0.4"
ACCEPT = "Accept: */*\r\n"
JSON = "Content-Type: application/json\r\n"
BOUNDARY = "51d3a0c49e8f7b26"


class Harp:
    """One HARP in front of one server.

    Args:
        address: what somebody types as the path of the model.
        version: of HTTP; JUCE spoke 1.0 until it was 5.
    """

    def __init__(self, address: str, version: str = "1.1") -> None:
        self.address, self.version = address.rstrip("/"), version

    def request(self, verb: str, url: str, headers: str = "", body: bytes = b"") -> tuple[int, bytes]:
        """The status and the body of what comes back."""
        there = urlsplit(url)
        assert there.hostname is not None
        path = url.partition(there.netloc)[2] or "/"  # JUCE sends it as it was given
        assert not set(path) & set(' "<>') and path.isascii(), f"{path} is no address"
        lines = [f"{verb} {path} HTTP/{self.version}", f"Host: {there.netloc}", AGENT, "Connection: Close"]
        if verb == "POST":
            lines.append(f"Content-Length: {len(body)}")
        with socket.create_connection((there.hostname, there.port)) as wire:
            wire.sendall("\r\n".join(lines).encode() + b"\r\n" + headers.encode() + b"\r\n" + body)
            answer = b""
            while piece := wire.recv(1 << 16):
                answer += piece
        head, _, rest = answer.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        chunked = b"transfer-encoding: chunked" in head.lower()
        return status, _unchunked(rest) if chunked else rest

    def upload(self, name: str, sound: bytes) -> str:
        """`uploadFile`: the first of a list of paths."""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        head += "Content-Type: audio/midi\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        body = head.encode() + sound + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        status, answer = self.request("POST", f"{self.address}/gradio_api/upload", ACCEPT + kind, body)
        assert status == 200, answer
        path = json.loads(answer)[0]
        assert isinstance(path, str) and path
        return path

    def call(self, name: str, payload: str = '{"data": []}') -> tuple[str, Any]:
        """`makeRequest`: "complete" with what was told, "error" with a sentence, or "refused" with one."""
        url = f"{self.address}/gradio_api/call/{name}"
        status, answer = self.request("POST", url, ACCEPT + JSON, payload.encode())
        told = json.loads(answer)
        if status != 200:
            return "refused", next(told[key] for key in ("error", "message", "detail") if key in told)
        status, stream = self.request("GET", f"{url}/{told['event_id']}", ACCEPT)
        assert status == 200
        lines = iter(stream.decode().splitlines())
        for line in lines:
            if line.strip().lower() == "event: complete":
                return "complete", json.loads(_payload(next(lines)))
            if line.strip().lower() == "event: error":
                return "error", json.loads(_payload(next(lines)))["error"]
            assert not line or line.startswith(("event: heartbeat", "data:")), line
        raise AssertionError(stream)

    def process(self, path: str | None, what: str) -> tuple[str, Any]:
        """`Model::process` with one track and one text box: files as bytes by their names, then labels."""
        file = None if path is None else {"path": path, "meta": {"_type": "gradio.FileData"}}
        word, told = self.call("process", json.dumps({"data": [file, what]}))
        if word != "complete":
            return word, told
        files, labels = {}, []
        for output in told:
            kind = output["meta"]["_type"]
            if kind == "gradio.FileData":
                status, content = self.request("GET", output["url"], ACCEPT)
                assert status == 200
                files[output["url"].rpartition("/")[2]] = content
            else:
                assert kind == "pyharp.LabelList"
                labels += [label for label in output["labels"] if label["label_type"] == "AudioLabel"]
        return word, (files, labels)


def _payload(line: str) -> str:
    return line.strip().removeprefix("data:").strip()


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        whole += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]
    return whole
