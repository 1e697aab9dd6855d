"""The fields of a post, and common names that users write instead."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from humaspost.base.suggest import nearest

POST_KEYS = (
    "id", "title", "date", "expires", "channels", "audiences", "type", "tags", "link", "visibility",
    "media", "corrects", "repeats", "draft", "late", "allow",
)  # fmt: skip
MEDIUM_KEYS = ("file", "alt", "only", "part", "cover", "captions")

#: Accepted as the other name without a problem.
_KEY_ALIASES = {"audience": "audiences"}

#: Other common names of each field; compared without case, hyphens, underscores and spaces.
_SYNONYMS = {
    "id": "no nomor number slug kode",
    "title": "judul tajuk headline",
    "date": "publishdate publishat publishon pubdate scheduled schedule jadwal tanggal waktu terbit tayang time",
    "expires": "expirydate expire expiry expiration until sampai berakhir kedaluwarsa kadaluarsa unpublishdate",
    "channels": "platforms platform kanal saluran channel akun accounts account networks",
    "audiences": "audiens khalayak penerima recipients sasaran",
    "type": "jenis tipe kategori category categories",
    "tags": "hashtags hashtag tagar tag tanda label labels",
    "link": "tautan url pranala links",
    "visibility": "visibilitas akses access sifat",
    "media": "gambar image images foto photo photos video videos lampiran attachment attachments berkas picture",
    "corrects": "ralat koreksi meralat correction corrected",
    "repeats": "ulang ulangi mengulang repeat",
    "draft": "draf konsep",
    "late": "terlambat",
    "allow": "izinkan boleh ignore abaikan",
}
_MEDIUM_SYNONYMS = {
    "file": "path src url gambar image foto berkas media",
    "alt": "alttext teksalt description deskripsi keterangan caption",
    "only": "hanya khusus channels",
    "part": "bagian",
    "cover": "sampul thumbnail thumb poster",
    "captions": "takarir subtitle subtitles subtitel srt vtt",
}


def _build_index(synonyms: Mapping[str, str]) -> dict[str, str]:
    return {word: key for key, words in synonyms.items() for word in words.split()}


_SUGGESTED_KEYS = _build_index(_SYNONYMS)
_SUGGESTED_MEDIUM_KEYS = _build_index(_MEDIUM_SYNONYMS)


def _normalize(key: str) -> str:
    return key.casefold().replace("_", "").replace("-", "").replace(" ", "")


def suggested_key(key: str, owners: Collection[str]) -> str:
    """Return the field, channel or account that ``key`` probably means, or ""."""
    bare = _normalize(key)
    return _SUGGESTED_KEYS.get(bare) or nearest(bare, (*POST_KEYS, *owners))


def suggested_medium_key(key: str) -> str:
    """Return the field of a ``media`` item that ``key`` probably means, or ""."""
    bare = _normalize(key)
    return _SUGGESTED_MEDIUM_KEYS.get(bare) or nearest(bare, MEDIUM_KEYS)


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The parts of config.toml that posts are read by: zone, names and line breaks.

    ``owners`` maps each channel and account to its own fields with their meanings. ``channels`` are the names
    that ``channels:`` accepts. ``audiences`` None means that every name is accepted. ``aliases`` maps other names of
    a channel to it, ``suggestions`` those that are not accepted but have a hint. With ``joins_lines`` a line break
    in the text is a space.
    """

    zone: str
    owners: Mapping[str, Mapping[str, str]]
    channels: Collection[str]
    audiences: Collection[str] | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    suggestions: Mapping[str, str] = field(default_factory=dict)
    joins_lines: bool = False

    def resolve_alias(self, key: str) -> str:
        """Return the field, channel or account that ``key`` stands for: mostly itself."""
        return _KEY_ALIASES.get(key) or self.aliases.get(key, key)
