"""The registered templates, and the operations to list, create and delete them."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from humaspost.sandbox.graph import GraphError, parse_field_names, select_fields
from humaspost.sandbox.whatsapp.errors import request_error
from humaspost.sandbox.whatsapp.templates import Template

_FOOTER = {"type": "FOOTER", "text": "Balas BERHENTI untuk berhenti menerima pesan ini."}
_ANNOUNCEMENT_BODY = "Pengumuman resmi Pemerintah Kota Contoh:\n\n*{{1}}*\n\n{{2}}\n\nInformasi selengkapnya: {{3}}\n\nTerima kasih."
_WARNING_BODY = (
    "PERINGATAN DINI CUACA. Potensi {{1}} di wilayah {{2}} sampai pukul {{3}}. "
    "Jauhi bantaran sungai, pohon besar, dan baliho; matikan listrik bila air masuk ke rumah. "
    "Dalam keadaan darurat hubungi {{4}}.\n\nSebarkan hanya informasi resmi Pemerintah Kota Contoh."
)
_EXAMPLE_VALUES = {
    _ANNOUNCEMENT_BODY: [
        "Jam Layanan Adminduk",
        "Loket buka sampai pukul 20.00 WIB.",
        "https://kotacontoh.example/14",
    ],
    _WARNING_BODY: ["hujan lebat", "Melati, Kenanga, Dahlia", "20.00 WIB", "112"],
}
#: One template in each status that cannot be sent; the sandbox never approves them.
_UNSENDABLE_NAMES = {
    "PENDING": "undangan_rapat_warga",
    "REJECTED": "promo_wisata_kota",
    "PAUSED": "jadwal_layanan_keliling",
    "DISABLED": "survei_kepuasan_warga",
    "IN_APPEAL": "pengingat_pajak_daerah",
    "PENDING_DELETION": "agenda_pimpinan",
    "DELETED": "agenda_pimpinan_lama",
    "LIMIT_EXCEEDED": "kabar_kelurahan",
    "ARCHIVED": "info_pasar_murah",
    "FLAGGED": "lowongan_pendamping",
}
_DEFAULT_FIELDS = "name,parameter_format,components,language,status,category"
_NAME = re.compile(r"[a-z0-9_]{1,512}")
STATUSES = ("APPROVED", *_UNSENDABLE_NAMES)
_CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")


def _build_template(
    number: int, name: str, body: str, *, category: str, header: str = "", status: str = "APPROVED"
) -> Template:
    header_component = {"type": "HEADER", "format": header, "example": {"header_handle": ["4::sandbox"]}}
    body_component = {"type": "BODY", "text": body, "example": {"body_text": [_EXAMPLE_VALUES[body]]}}
    components = (header_component, body_component, _FOOTER) if header else (body_component, _FOOTER)
    return Template(str(1192339204654000 + number), name, "id", status, category, components)


def standard_templates() -> list[Template]:
    """Return the templates at the start of the sandbox.

    product.md promises the four that are approved in ``id``.
    """
    unsendable_templates = [
        _build_template(10 + position, name, _ANNOUNCEMENT_BODY, category="MARKETING", status=status)
        for position, (status, name) in enumerate(_UNSENDABLE_NAMES.items())
    ]
    hello_template = (
        {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
        {"type": "BODY", "text": "Welcome!"},
    )
    return [
        _build_template(1, "pengumuman", _ANNOUNCEMENT_BODY, category="MARKETING"),
        _build_template(2, "pengumuman_gambar", _ANNOUNCEMENT_BODY, category="MARKETING", header="IMAGE"),
        _build_template(3, "pengumuman_dokumen", _ANNOUNCEMENT_BODY, category="MARKETING", header="DOCUMENT"),
        _build_template(4, "peringatan_dini_cuaca", _WARNING_BODY, category="UTILITY", header="IMAGE"),
        Template("1192339204654005", "hello_world", "en_US", "APPROVED", "UTILITY", hello_template),
        *unsendable_templates,
    ]


def list_templates(templates: list[Template], query: Mapping[str, str], *, url: str) -> dict[str, Any]:
    """Return one page of the templates that match the query.

    ``name`` matches a part of the name; status, category and language are comma lists.
    """
    matching = [t for t in templates if _matches(t, query)]
    start = _parse_number(query.get("after", "0"), "after")
    limit = min(_parse_number(query.get("limit", "25"), "limit"), 1000)
    page, remaining = matching[start : start + limit], matching[start + limit :]
    response: dict[str, Any] = {"data": [template_node(t, query.get("fields")) for t in page]}
    if page:
        cursors = {"before": str(start), "after": str(start + len(page))}
        next_page = {"next": f"{url}?limit={limit}&after={cursors['after']}"} if remaining else {}
        response["paging"] = {"cursors": cursors, **next_page}
    if summary := parse_field_names(query.get("summary", "")):
        response["summary"] = _list_summary(templates, matching, summary)
    return response


def template_node(template: Template, fields: str | None) -> dict[str, Any]:
    """Return the template as GET shows it."""
    return select_fields(
        template.node_fields(), parse_field_names(fields or _DEFAULT_FIELDS), kind="WhatsAppMessageTemplate"
    )


def _list_summary(templates: list[Template], matching: list[Template], names: list[str]) -> dict[str, Any]:
    summary = {"total_count": len(matching), "message_template_count": len(templates)}
    summary |= {"message_template_limit": 250, "are_translations_complete": True}
    return {name: summary[name] for name in names if name in summary}


def _matches(template: Template, query: Mapping[str, str]) -> bool:
    for key in ("status", "category", "language"):
        if query.get(key) and getattr(template, key) not in query[key].split(","):
            return False
    name_part = f"{template.name} {template.components}"
    return query.get("name", "") in template.name and query.get("name_or_content", "") in name_part


def _parse_number(text: str, name: str) -> int:
    if not text.isdecimal():
        raise GraphError(100, f"(#100) Param {name} must be a number")
    return int(text)


def create_template(
    templates: list[Template], template_request: Mapping[str, Any], *, status: str
) -> Template:
    """Register and return a new template; raise GraphError if Meta would refuse it."""
    for key in ("name", "language", "category", "components"):
        if not template_request.get(key):
            raise request_error(131008, f"The parameter {key} is required.")
    name, language, category = (str(template_request[key]) for key in ("name", "language", "category"))
    if not _NAME.fullmatch(name):
        raise request_error(100, "Param name must be lower-case letters, digits and underscores.")
    if category not in _CATEGORIES:
        raise request_error(100, f"Param category must be one of {', '.join(_CATEGORIES)}.")
    if any(t.name == name and t.language == language for t in templates):
        raise GraphError(
            100, "(#100) Invalid parameter", subcode=2388024, title="Content in this language already exists"
        )
    components = _check_components(template_request["components"])
    parameter_format = str(template_request.get("parameter_format", "POSITIONAL")).upper()
    number = str(10**15 + secrets.randbelow(9 * 10**15))
    template = Template(number, name, language, status, category, components, parameter_format)
    templates.append(template)
    return template


def _check_components(components: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(components, list) or not all(isinstance(c, dict) and "type" in c for c in components):
        raise request_error(100, "Param components must be an array of objects with a type.")
    kinds = [str(component["type"]).upper() for component in components]
    if "BODY" not in kinds or len(set(kinds)) != len(kinds):
        raise request_error(100, "Param components: one BODY, and no component twice.")
    return tuple({**component, "type": kind} for component, kind in zip(components, kinds, strict=True))


def set_status(templates: list[Template], name: str | None, *, status: str) -> list[Template]:
    """Set the status of every language of ``name`` and return these templates."""
    templates[:] = [replace(t, status=status) if t.name == name else t for t in templates]
    return [t for t in templates if t.name == name]


def delete_template(templates: list[Template], name: str | None) -> list[Template]:
    """Delete and return every language of ``name``; raise 100 if there is none."""
    removed = set_status(templates, name, status="PENDING_DELETION")
    if not removed:
        raise request_error(100, f"Message template {name!r} was not found.")
    templates[:] = [t for t in templates if t.name != name]
    return removed
