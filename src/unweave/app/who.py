"""Which visitor a request is from: by a cookie that no script and no other site can read."""

from __future__ import annotations

from fastapi import Request, Response

from unweave.app.visitors import Visitor, Visitors


class Who:
    """Cookies to visitors.

    Args:
        visitors: all of them.
    """

    def __init__(self, visitors: Visitors) -> None:
        self.visitors = visitors

    def of(self, request: Request) -> Visitor | None:
        """The visitor whose cookie came; None without one that is known."""
        return self.visitors.of(request.cookies.get(self.cookie(request)))

    def known(self, request: Request, response: Response) -> Visitor:
        """The same; somebody new gets a cookie."""
        visitor = self.of(request) or self.visitors.new(self.address(request), cookie=True)
        self.greet(request, response, visitor)
        return visitor

    def owner(self, request: Request, response: Response) -> Visitor:
        """Who owns what is made by a request: whoever has a cookie; else whoever will know its address."""
        if self.cookie(request) in request.cookies:
            return self.known(request, response)
        return self.visitors.new(self.address(request), cookie=False)

    def greet(self, request: Request, response: Response, visitor: Visitor) -> None:
        """Give somebody their cookie."""
        name = self.cookie(request)
        if visitor.key is not None and request.cookies.get(name) != visitor.key:
            secure = request.url.scheme == "https"
            response.set_cookie(name, visitor.key, httponly=True, samesite="strict", secure=secure, path="/")

    @staticmethod
    def cookie(request: Request) -> str:
        """The name of the cookie; browsers share cookies among the ports of a machine, and servers must not."""
        return f"unweave-{request.url.port or 0}"

    @staticmethod
    def address(request: Request) -> str:
        """Where a request comes from, by which the queue is fair to those without a cookie."""
        return request.client.host if request.client else "somewhere"
