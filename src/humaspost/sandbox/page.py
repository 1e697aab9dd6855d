"""``GET /``: a page that shows everything the public would see and updates itself."""

import secrets
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from humaspost.sandbox import markup, page_model
from humaspost.sandbox.accounts import DEMO_ACCOUNTS
from humaspost.sandbox.platforms import PLATFORMS
from humaspost.sandbox.state import SandboxState

#: Types that a browser may display; any other type is served as plain bytes.
_INLINE_TYPES = {
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "video/mp4",
    "video/quicktime",
    "audio/mpeg",
}
_INLINE_TYPES |= {"audio/ogg", "audio/mp4", "audio/aac", "audio/amr", "video/3gpp", "application/pdf"}


class PageEndpoints:
    """The page, the fragments that its script requests, and the media that both show."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self._jinja = Environment(
            loader=PackageLoader("humaspost.sandbox"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters |= {
            "highlight": markup.highlight,
            "whatsapp": markup.format_whatsapp,
            "time_tag": markup.time_tag,
            "format_duration": markup.format_duration,
            "format_people": markup.format_people,
        }
        self._jinja.globals["accounts"] = DEMO_ACCOUNTS
        self.routes: list[BaseRoute] = [
            Route("/", self._get_page),
            Route("/_sandbox/page", self._get_fragments),
            Route("/_sandbox/media/{sha256}", self._get_media),
        ]

    async def _get_page(self, _: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        html = self._jinja.get_template("page.html").render(nonce=nonce, **self._build_content())
        return HTMLResponse(html, headers=_security_headers(nonce))

    async def _get_fragments(self, request: Request) -> Response:
        if request.query_params.get("version") == self._content_version():
            return Response(status_code=204)
        return JSONResponse(self._build_content(), headers={"cache-control": "no-store"})

    async def _get_media(self, request: Request) -> Response:
        digest = request.path_params["sha256"]
        for media in (m for o in reversed(self._state.objects) for m in o.media):
            if media.sha256 == digest:
                kind = media.type if media.type in _INLINE_TYPES else "application/octet-stream"
                headers = {"cache-control": "max-age=86400, immutable", "x-content-type-options": "nosniff"}
                return Response(media.data, media_type=kind, headers=headers)
        return PlainTextResponse("nobody was shown that\n", status_code=404)

    def _content_version(self) -> str:
        objects = self._state.objects
        return f"{id(self)}-{len(objects)}-{sum(o.deleted for o in objects)}"

    def _build_content(self) -> dict[str, Any]:
        objects = list(self._state.objects)
        lists = {name: page_model.list_items(objects, name) for name in PLATFORMS}
        return {
            "version": self._content_version(),
            "counts": self._jinja.get_template("counts.html").render(
                counts=page_model.count_objects(objects)
            ),
            "sections": {name: self._render_items(name, items) for name, items in lists.items()},
        }

    def _render_items(self, name: str, items: list[Any]) -> list[dict[str, str]]:
        template = self._jinja.get_template(f"{name}.html")
        if not items:
            return [{"key": "empty", "html": template.render(item=None)}]
        rendered = [
            {"key": _item_key(item), "html": template.render(item=item)}
            for item in items[: page_model.MAX_ITEMS]
        ]
        omitted = len(items) - page_model.MAX_ITEMS
        if omitted > 0:
            rendered.append({"key": "older", "html": f'<p class="older">and {omitted:,} older ones</p>'})
        return rendered


def _item_key(item: Any) -> str:
    return str(item.id if hasattr(item, "id") else item.key)


def _security_headers(nonce: str) -> dict[str, str]:
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
