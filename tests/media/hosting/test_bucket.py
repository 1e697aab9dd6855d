"""An S3-compatible bucket as the media host: moto's server, a real one on loopback."""

import hashlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from humaspost.app.office import Office
from humaspost.media.hosting.bucket import Bucket
from humaspost.media.hosting.host import HostError, MediaHost
from humaspost.model.channel import FitFile
from humaspost.settings.load import load_settings
from tests.support import image_files
from tests.support.deadlines import SECOND
from tests.support.reference_data import absent

_KEYS = {"access_key_id": "AKIACONTOH", "secret_access_key": "RAHASIA-4711"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3, with the private bucket ``humas`` and the public ``terbuka``."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        try:
            base = _address(server)
            assert requests.put(f"{base}/humas", timeout=15 * SECOND).ok
            assert requests.put(
                f"{base}/terbuka", headers={"x-amz-acl": "public-read"}, timeout=15 * SECOND
            ).ok
            yield base
        finally:
            server.terminate()


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stderr is not None
    ends = time.monotonic() + 30 * SECOND
    for line in server.stderr:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
        if "No module named" in line:
            absent("moto is not installed")
        assert time.monotonic() < ends, "moto does not say where it listens"
    raise AssertionError("moto ended")


@pytest.fixture
def file(tmp_path: Path) -> FitFile:
    """A fitted picture."""
    path = tmp_path / "fit.jpg"
    path.write_bytes(data := image_files.jpeg())
    return FitFile(path, "image/jpeg", hashlib.sha256(data).hexdigest(), len(data))


def host(tmp_path: Path, bucket: Bucket, base: str = "") -> MediaHost:
    return MediaHost(base, salt=tmp_path / "salt", bucket=bucket)


def bucket(endpoint: str, url: str = "s3://humas/media", **keys: str | None) -> Bucket:
    return Bucket(url, secret={**_KEYS, **keys}.get, endpoint=endpoint, deadline=15 * SECOND)


def test_a_private_bucket_is_served_by_signed_addresses(s3: str, file: FitFile, tmp_path: Path) -> None:
    url = host(tmp_path, bucket(s3)).publish(file)
    assert re.match(rf"{s3}/humas/media/[0-9a-f]{{32}}\.jpg\?.*X-Amz-Signature=", url)
    answer = requests.get(url, timeout=15 * SECOND)
    assert (answer.content, answer.headers["content-type"]) == (file.path.read_bytes(), "image/jpeg")
    assert "RAHASIA" not in url


def test_a_verified_address_is_given_again_as_it_was(s3: str, file: FitFile, tmp_path: Path) -> None:
    place = host(tmp_path, bucket(s3))
    assert place.publish(file) == place.publish(file)


def test_a_public_bucket_has_its_own_address(s3: str, file: FitFile, tmp_path: Path) -> None:
    place = host(tmp_path, bucket(s3, "s3://terbuka"), f"{s3}/terbuka")
    assert re.fullmatch(rf"{s3}/terbuka/[0-9a-f]{{32}}\.jpg", place.publish(file))


def test_a_large_file_is_there_whole(s3: str, tmp_path: Path) -> None:
    path = tmp_path / "fit.mp4"
    path.write_bytes(data := bytes(range(256)) * 50_000)
    large = FitFile(path, "video/mp4", hashlib.sha256(data).hexdigest(), len(data))
    url = host(tmp_path, bucket(s3)).publish(large)
    assert requests.get(url, timeout=15 * SECOND).headers["content-type"] == "video/mp4"


def test_a_bucket_that_is_not_there_is_for_a_person(s3: str, file: FitFile, tmp_path: Path) -> None:
    with pytest.raises(HostError, match="media-host-refused") as failed:
        host(tmp_path, bucket(s3, "s3://tidak-ada")).publish(file)
    assert not failed.value.transient
    assert "RAHASIA" not in str(failed.value)


def test_keys_that_are_missing_are_named(s3: str, file: FitFile, tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"media-host-refused.*secret_access_key missing"):
        host(tmp_path, bucket(s3, secret_access_key=None)).publish(file)


def test_a_server_that_does_not_answer_is_transient(file: FitFile, tmp_path: Path) -> None:
    with pytest.raises(HostError, match="media-host-unreachable") as failed:
        host(tmp_path, bucket("http://127.0.0.1:9")).publish(file)
    assert failed.value.transient


def test_an_office_keeps_the_keys_in_its_vault(s3: str, file: FitFile, tmp_path: Path) -> None:
    config = tmp_path / "office" / "config.toml"
    config.parent.mkdir()
    config.write_text(f'[media]\nbucket = "s3://humas"\nendpoint = "{s3}"\n')
    environ = {f"HUMASPOST_MEDIA_{key.upper()}": value for key, value in _KEYS.items()}
    office = Office(load_settings(config), environ=environ)
    assert office.host is not None
    assert office.host.publish(file).startswith(f"{s3}/humas/")
    bare = Office(load_settings(config), environ={})
    assert bare.host is not None
    with pytest.raises(HostError, match="missing"):
        bare.host.publish(file)


def test_the_library_is_loaded_only_to_put_something() -> None:
    code = "import sys, humaspost.media.hosting.host; print('obstore' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
