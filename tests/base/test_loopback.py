"""One strict answer to whether a host is this computer, for settings, channels and the media host."""

import pytest

from humaspost.base.loopback import is_loopback, is_loopback_url

HERE = ["localhost", "127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1"]
ELSEWHERE = [
    "",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "localhost.evil",
    "evil.localhost",
    "localhost.",
    "LOCALHOST",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f.0.0.1",
    "0x7f000001",
    "0177.0.0.1",
    "127.0.0.01",
    "127.0.0.1 ",
    "１２７.0.0.1",
    "127。0。0。1",
    "0.0.0.0",
    "0",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "::1%eth0",
    "[::1]",
    "::2",
    "fe80::1",
    "10.0.0.1",
    "169.254.169.254",
    "128.0.0.1",
    "ip6-localhost",
]


@pytest.mark.parametrize("host", HERE)
def test_a_host_that_can_only_be_here(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_a_host_that_can_be_on_another_computer(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8900/x",
        "http://[::1]:8900/",
        "http://[::1]",
        "https://LocalHost/evil.example",
        "http://127.0.0.1/?next=http://evil.example/@b",
        "http://127.0.0.1#@evil.example",
    ],
)
def test_an_address_of_this_computer(url: str) -> None:
    assert is_loopback_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1@evil.example/",
        "http://127.0.0.1:80@evil.example/",
        "http://localhost:x@evil.example",
        "http://evil.example@127.0.0.1/",
        "http://evil.example\\@127.0.0.1/",
        "http://127.0.0.1\\@evil.example/",
        "http://127.0.0.1\t.evil.example/",
        "http://127.0.0.1 .evil.example/",
        "http://127.0.0.1\n.evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::1",
        "http://127.0.0.1:port/",
        "http:127.0.0.1/",
        "//evil.example/127.0.0.1",
        "127.0.0.1",
        "",
    ],
)
def test_an_address_that_some_program_takes_elsewhere(url: str) -> None:
    assert not is_loopback_url(url)
