"""The templates that the pretend business has registered, and the routes to list, create and delete them."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from humaspost.sandbox.graph import GraphError, chosen, field_names
from humaspost.sandbox.whatsapp.errors import refused
from humaspost.sandbox.whatsapp.templates import Template

_FOOTER = {"type": "FOOTER", "text": "Balas BERHENTI untuk berhenti menerima pesan ini."}
_NOTICE = "Pengumuman resmi Pemerintah Kota Contoh:\n\n*{{1}}*\n\n{{2}}\n\nInformasi selengkapnya: {{3}}\n\nTerima kasih."
_WARNING = (
    "PERINGATAN DINI CUACA. Potensi {{1}} di wilayah {{2}} sampai pukul {{3}}. "
    "Jauhi bantaran sungai, pohon besar, dan baliho; matikan listrik bila air masuk ke rumah. "
    "Dalam keadaan darurat hubungi {{4}}.\n\nSebarkan hanya informasi resmi Pemerintah Kota Contoh."
)
_EXAMPLE = {
    _NOTICE: ["Jam Layanan Adminduk", "Loket buka sampai pukul 20.00 WIB.", "https://kotacontoh.example/14"],
    _WARNING: ["hujan lebat", "Melati, Kenanga, Dahlia", "20.00 WIB", "112"],
}
#: One template in each status that cannot be sent; none of them is ever approved by itself.
_UNSENDABLE = {
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
STATUSES = ("APPROVED", *_UNSENDABLE)
_CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")


def _registered(
    number: int, name: str, body: str, *, category: str, header: str = "", status: str = "APPROVED"
) -> Template:
    top = {"type": "HEADER", "format": header, "example": {"header_handle": ["4::sandbox"]}}
    middle = {"type": "BODY", "text": body, "example": {"body_text": [_EXAMPLE[body]]}}
    components = (top, middle, _FOOTER) if header else (middle, _FOOTER)
    return Template(str(1192339204654000 + number), name, "id", status, category, components)


def standard() -> list[Template]:
    """What the business has when the sandbox starts; product.md promises the four that are approved in ``id``."""
    unsendable = [
        _registered(10 + place, name, _NOTICE, category="MARKETING", status=status)
        for place, (status, name) in enumerate(_UNSENDABLE.items())
    ]
    hello = (
        {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
        {"type": "BODY", "text": "Welcome!"},
    )
    return [
        _registered(1, "pengumuman", _NOTICE, category="MARKETING"),
        _registered(2, "pengumuman_gambar", _NOTICE, category="MARKETING", header="IMAGE"),
        _registered(3, "pengumuman_dokumen", _NOTICE, category="MARKETING", header="DOCUMENT"),
        _registered(4, "peringatan_dini_cuaca", _WARNING, category="UTILITY", header="IMAGE"),
        Template("1192339204654005", "hello_world", "en_US", "APPROVED", "UTILITY", hello),
        *unsendable,
    ]


def listing(templates: list[Template], query: Mapping[str, str], *, url: str) -> dict[str, Any]:
    """One page of the listing; name is a part of it, status, category and language are comma lists."""
    kept = [t for t in templates if _matches(t, query)]
    start = _number(query.get("after", "0"), "after")
    limit = min(_number(query.get("limit", "25"), "limit"), 1000)
    page, rest = kept[start : start + limit], kept[start + limit :]
    answer: dict[str, Any] = {"data": [node(t, query.get("fields")) for t in page]}
    if page:
        cursors = {"before": str(start), "after": str(start + len(page))}
        onward = {"next": f"{url}?limit={limit}&after={cursors['after']}"} if rest else {}
        answer["paging"] = {"cursors": cursors, **onward}
    if summary := field_names(query.get("summary", "")):
        answer["summary"] = _summary(templates, kept, summary)
    return answer


def node(template: Template, fields: str | None) -> dict[str, Any]:
    """The template as GET gives it."""
    return chosen(template.shown(), field_names(fields or _DEFAULT_FIELDS), kind="WhatsAppMessageTemplate")


def _summary(templates: list[Template], kept: list[Template], names: list[str]) -> dict[str, Any]:
    known = {"total_count": len(kept), "message_template_count": len(templates)}
    known |= {"message_template_limit": 250, "are_translations_complete": True}
    return {name: known[name] for name in names if name in known}


def _matches(template: Template, query: Mapping[str, str]) -> bool:
    for key in ("status", "category", "language"):
        if query.get(key) and getattr(template, key) not in query[key].split(","):
            return False
    anywhere = f"{template.name} {template.components}"
    return query.get("name", "") in template.name and query.get("name_or_content", "") in anywhere


def _number(spelled: str, name: str) -> int:
    if not spelled.isdecimal():
        raise GraphError(100, f"(#100) Param {name} must be a number")
    return int(spelled)


def created(templates: list[Template], wanted: Mapping[str, Any], *, status: str) -> Template:
    """A new template, registered in ``templates``; GraphError says what Meta would not take."""
    for key in ("name", "language", "category", "components"):
        if not wanted.get(key):
            raise refused(131008, f"The parameter {key} is required.")
    name, language, category = (str(wanted[key]) for key in ("name", "language", "category"))
    if not _NAME.fullmatch(name):
        raise refused(100, "Param name must be lower-case letters, digits and underscores.")
    if category not in _CATEGORIES:
        raise refused(100, f"Param category must be one of {', '.join(_CATEGORIES)}.")
    if any(t.name == name and t.language == language for t in templates):
        raise GraphError(
            100, "(#100) Invalid parameter", subcode=2388024, title="Content in this language already exists"
        )
    components = _components(wanted["components"])
    parameter_format = str(wanted.get("parameter_format", "POSITIONAL")).upper()
    number = str(10**15 + secrets.randbelow(9 * 10**15))
    template = Template(number, name, language, status, category, components, parameter_format)
    templates.append(template)
    return template


def _components(given: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(given, list) or not all(isinstance(c, dict) and "type" in c for c in given):
        raise refused(100, "Param components must be an array of objects with a type.")
    kinds = [str(component["type"]).upper() for component in given]
    if "BODY" not in kinds or len(set(kinds)) != len(kinds):
        raise refused(100, "Param components: one BODY, and no component twice.")
    return tuple({**component, "type": kind} for component, kind in zip(given, kinds, strict=True))


def judged(templates: list[Template], name: str | None, *, status: str) -> list[Template]:
    """Every language of ``name``, which has this status from now on."""
    templates[:] = [replace(t, status=status) if t.name == name else t for t in templates]
    return [t for t in templates if t.name == name]


def deleted(templates: list[Template], name: str | None) -> list[Template]:
    """Every language of ``name``, none of which is there any more; 100 when there was none."""
    gone = judged(templates, name, status="PENDING_DELETION")
    if not gone:
        raise refused(100, f"Message template {name!r} was not found.")
    templates[:] = [t for t in templates if t.name != name]
    return gone
