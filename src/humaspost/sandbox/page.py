"""``GET /``: what the public would see, on one page that keeps itself up to date."""

import secrets
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from humaspost.sandbox import markup, page_model
from humaspost.sandbox.instagram import accounts as instagram
from humaspost.sandbox.state import World
from humaspost.sandbox.whatsapp import accounts as whatsapp
from humaspost.sandbox.x import accounts as x

#: What a browser may show as itself; anything else is offered as bytes.
_SAFE = {"image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/quicktime", "audio/mpeg"}
_SAFE |= {"audio/ogg", "audio/mp4", "audio/aac", "audio/amr", "video/3gpp", "application/pdf"}


class Page:
    """The page, the fragments that its script asks for, and the media that both show."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._jinja = Environment(
            loader=PackageLoader("humaspost.sandbox"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters |= {
            "live": markup.live,
            "whatsapp": markup.whatsapp,
            "moment": markup.moment,
            "lasting": markup.lasting,
            "people": markup.people,
        }
        self._jinja.globals |= {
            "x": x,
            "instagram": instagram,
            "whatsapp_account": whatsapp,
        }
        self.routes: list[BaseRoute] = [
            Route("/", self._page),
            Route("/_sandbox/page", self._fragments),
            Route("/_sandbox/media/{sha256}", self._media),
        ]

    async def _page(self, _: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        html = self._jinja.get_template("page.html").render(nonce=nonce, **self._content())
        return HTMLResponse(html, headers=_guard(nonce))

    async def _fragments(self, request: Request) -> Response:
        if request.query_params.get("seen") == self._version():
            return Response(status_code=204)
        return JSONResponse(self._content(), headers={"cache-control": "no-store"})

    async def _media(self, request: Request) -> Response:
        wanted = request.path_params["sha256"]
        for media in (m for o in reversed(self._world.objects) for m in o.media):
            if media.sha256 == wanted:
                kind = media.type if media.type in _SAFE else "application/octet-stream"
                headers = {"cache-control": "max-age=86400, immutable", "x-content-type-options": "nosniff"}
                return Response(media.data, media_type=kind, headers=headers)
        return PlainTextResponse("nobody was shown that\n", status_code=404)

    def _version(self) -> str:
        objects = self._world.objects
        return f"{id(self)}-{len(objects)}-{sum(o.deleted for o in objects)}"

    def _content(self) -> dict[str, Any]:
        objects = list(self._world.objects)
        lists: dict[str, list[Any]] = {
            "x": page_model.conversations(objects),
            "instagram": page_model.gallery(objects),
            "whatsapp": page_model.phones(objects),
        }
        return {
            "version": self._version(),
            "counts": self._jinja.get_template("counts.html").render(counts=page_model.counts(objects)),
            "sections": {name: self._items(name, items) for name, items in lists.items()},
        }

    def _items(self, name: str, items: list[Any]) -> list[dict[str, str]]:
        template = self._jinja.get_template(f"{name}.html")
        if not items:
            return [{"key": "empty", "html": template.render(item=None)}]
        rendered = [
            {"key": _key(item), "html": template.render(item=item)} for item in items[: page_model.MOST]
        ]
        left_out = len(items) - page_model.MOST
        if left_out > 0:
            rendered.append({"key": "older", "html": f'<p class="older">and {left_out:,} older ones</p>'})
        return rendered


def _key(item: Any) -> str:
    return str(item.id if hasattr(item, "id") else item.key)


def _guard(nonce: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src 'self' data:; "
        "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
