"""Requests from elsewhere, and the headers of every answer."""

from __future__ import annotations

import pytest
from serving import client

from unweave.app.service import Service

Served = tuple[Service, str]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_others_change_nothing(headers: dict[str, str], hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        answer = visitor.post("/api/demo", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "other_page")
        assert visitor.delete("/api/session", headers=headers).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "[", ""])
def test_names_that_are_made_to_point_here_are_refused(host: str, hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        assert visitor.get("/api/server", headers={"Host": host}).status_code in (400, 403)


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:7860", "192.168.0.7:7860"])
def test_addresses_are_not(host: str, hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        assert visitor.get("/api/server", headers={"Host": host}).status_code == 200
        assert visitor.post("/api/session/leave", headers={"Host": host, "Origin": f"http://{host}"}).status_code == 204


def test_other_pages_cannot_take_anything_in(hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        for site in ("cross-site", "same-site"):
            foreign = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
            assert visitor.get("/api/server", headers=foreign).status_code == 403
        assert visitor.get("/", headers={**foreign, "Sec-Fetch-Mode": "navigate"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/server", "/api/nothing", "/static/index.html", "/api/docs", "/nothing"])
def test_every_answer_says_what_browsers_may_do(path: str, hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        headers = visitor.get(path).headers
    assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"] and "server" not in headers
    assert "access-control-allow-origin" not in headers


def test_the_cookie_is_for_this_server_alone(hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        cookie = visitor.get("/api/session").headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and cookie.startswith("unweave-")
        assert "set-cookie" not in visitor.get("/api/session").headers


def test_no_request_fills_the_memory(hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        assert visitor.post("/api/jobs", content=b"x" * (2 << 20)).status_code == 413
        pieces = (b"x" * 65536 for _ in range(40))
        assert visitor.post("/api/jobs", content=pieces).status_code == 413


@pytest.mark.parametrize(
    "path",
    ["/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/static//etc/passwd", "/static/"],
)
def test_nothing_beside_the_page_is_served(path: str, hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        assert visitor.get(path).status_code == 404
