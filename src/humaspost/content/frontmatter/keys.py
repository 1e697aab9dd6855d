"""The keys that a post knows, and what people write instead of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from humaspost.base.suggest import nearest

POST_KEYS = (
    "id", "title", "date", "expires", "channels", "audiences", "type", "tags", "link", "visibility",
    "media", "corrects", "repeats", "draft", "late",
)  # fmt: skip
MEDIUM_KEYS = ("file", "alt", "only", "part", "cover", "captions")

#: Read as the other key, without a word.
KEY_ALIASES = {"audience": "audiences", "twitter": "x"}

#: What else people call each key; compared without case, hyphens and underscores.
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
    """The key of a post, or the channel or account, that ``key`` probably means; or nothing."""
    bare = _normalize(key)
    return _SUGGESTED_KEYS.get(bare) or nearest(bare, (*POST_KEYS, *owners))


def suggested_medium_key(key: str) -> str:
    """The key of a ``media`` item that ``key`` probably means; or nothing."""
    bare = _normalize(key)
    return _SUGGESTED_MEDIUM_KEYS.get(bare) or nearest(bare, MEDIUM_KEYS)


@dataclass(frozen=True, slots=True)
class NameIndex:
    """What posts may name: the office's zone, and the names in its config.

    ``owners`` maps each channel and account to its own keys with what each means; ``channels`` are the
    names that ``channels:`` takes; ``audiences`` None = any name is taken.
    """

    zone: str
    owners: Mapping[str, Mapping[str, str]]
    channels: Collection[str]
    audiences: Collection[str] | None = None
