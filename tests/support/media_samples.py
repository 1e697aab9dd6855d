"""Small media for uploads, made on the spot."""

import functools
import io
from typing import Any

import av
from PIL import Image


def picture(kind: str, size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    """An image file of one colour."""
    data = io.BytesIO()
    Image.new("RGB", size, "navy").save(data, kind, **more)
    return data.getvalue()


def gif(size: tuple[int, int] = (32, 32)) -> bytes:
    """A GIF of two frames."""
    frames = [Image.new("RGB", size, colour) for colour in ("navy", "white")]
    data = io.BytesIO()
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])
    return data.getvalue()


@functools.cache
def mp4(seconds: float = 1.0, size: tuple[int, int] = (64, 64)) -> bytes:
    """An H.264 film without sound."""
    data = io.BytesIO()
    with av.open(data, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for _ in range(int(seconds * 10)):
            container.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", size, "navy"))))
        container.mux(stream.encode())
    return data.getvalue()
