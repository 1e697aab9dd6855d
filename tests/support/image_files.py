"""Media for tests, made on the spot: pictures with and without secrets in them, films, documents."""

import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from humaspost.model.post import Medium, Post
from humaspost.model.problem import Position

CANARY = b"RAHASIA-4711"


def jpeg(
    size: tuple[int, int] = (60, 40), *, orientation: int = 1, secrets: bool = False, **options: object
) -> bytes:
    """A red JPEG with a blue upper left corner; ``secrets`` = GPS, XMP, a comment and a trailer that name CANARY."""
    image = corner(size)
    exif = Image.Exif()
    exif[0x0112] = orientation
    if secrets:
        exif[0x010E] = CANARY.decode()
        exif.get_ifd(0x8825)[2] = (6.0, 12.0, 0.5)
        options |= {"comment": CANARY, "xmp": b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>"}
    data = saved(image, "JPEG", exif=exif, quality=95, **options)
    return data + CANARY if secrets else data


def corner(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """A red picture whose upper left quarter is blue."""
    image = Image.new(mode, size, "red")
    image.paste("blue", (0, 0, size[0] // 2, size[1] // 2))
    return image


def png(size: tuple[int, int] = (60, 40), mode: str = "RGB") -> bytes:
    """A PNG that tells its secret in a text chunk and in EXIF."""
    info = PngInfo()
    info.add_text("Comment", CANARY.decode())
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    return saved(corner(size, mode), "PNG", pnginfo=info, exif=exif)


def gif(frames: int = 3) -> bytes:
    """A GIF with a comment, and something hidden behind its end."""
    pictures = [Image.new("P", (20, 10), number) for number in range(frames)]
    for number, picture in enumerate(pictures):
        picture.putpalette([number * 60, 0, 0] * 256)
    options = {"save_all": True, "append_images": pictures[1:], "duration": 80, "loop": 0}
    return saved(pictures[0], "GIF", comment=CANARY, **options) + CANARY


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as bytes."""
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def bomb() -> bytes:
    """A PNG of 20,000 × 20,000 pixels in some hundred bytes: the header is all that is true."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(2501) * 100)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def pdf() -> bytes:
    """The least that is a PDF."""
    return b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


def office(folder: str = "word/") -> bytes:
    """The least that is an office document."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{folder}document.xml", "<document/>")
    return buffer.getvalue()


def video_bytes(*, whole: bool = True) -> bytes:
    """The boxes of an MP4 without anything to see."""
    boxes = (b"ftyp", b"isom" + bytes(8)), (b"mdat", bytes(100)), (b"moov", bytes(40))
    data = b"".join(struct.pack(">I4s", 8 + len(body), name) + body for name, body in boxes)
    return data if whole else data[:-10]


def other_colours() -> bytes:
    """An ICC profile that is not sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def post_with(root: Path, *files: str, lines: int = 20, **more: object) -> Post:
    """A post in ``root/posts`` with these media, its key ``media.N.file`` on line 5 + N, column 11."""
    folder = root / "posts"
    media = tuple(Medium(file, folder / file, number, alt="x", **more) for number, file in enumerate(files))
    places = {
        f"media.{number}.file": Position(5 + number, 11, len(file)) for number, file in enumerate(files)
    }
    text = tuple(f"line {number}" for number in range(1, lines + 1))
    return Post("p-1", "posts/p-1.md", "P", (), media=media, positions=places, lines=text)
