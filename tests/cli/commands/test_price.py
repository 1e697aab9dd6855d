"""What sending would cost is said before it is sent: in plan as a total, in publish beside each account."""

import json
from pathlib import Path

import pytest

from humaspost.channels.registry import load_channel
from humaspost.model.account import Account
from humaspost.model.post import MediaKind
from humaspost.planning.thread_split import split_thread
from humaspost.reports.renditions_of_post import RenditionPreview
from humaspost.views.forecasts.price import estimate_price, format_estimate, format_total
from tests.support.program import run
from tests.support.sample_posts import medium, post

_CONFIG = """\
timezone = "Asia/Jakarta"

[accounts.x]
channel = "x"
handle = "@kotacontoh"

[accounts.whatsapp]
channel = "whatsapp"
phone_number_id = "106540352242922"
business_account_id = "102290129340398"
"""
_POST = """\
---
id: {id}
title: {id}
date: 2099-02-03 08:30 WIB
channels: [x]
{more}
---
{body}
"""
_X = load_channel("x")
_OF_X = _X.Config(handle="kotacontoh")


def _preview_of(text: str, *, kinds: tuple[MediaKind, ...] = ()) -> RenditionPreview:
    media = [medium(f"{n}.bin", kind=kind) for n, kind in enumerate(kinds)]
    rules = _X.rules(_OF_X)
    made = _X.render(post(text, media=media, own={"x": {"text": text}}), _OF_X, rules, account="x")
    return RenditionPreview(Account("x", "x", _OF_X), split_thread(made, rules), rules)


@pytest.mark.parametrize(
    ("text", "kinds", "words"),
    [
        ("Halo.", (), "about US$ 0.015"),
        ("Halo.", (MediaKind.IMAGE,), "about US$ 0.020"),
        ("Halo.", (MediaKind.VIDEO,), "about US$ 0.015"),
        ("Halo https://kotacontoh.go.id/a", (), "about US$ 0.20"),
        ("Halo https://kotacontoh.go.id/a", (MediaKind.IMAGE,), "about US$ 0.20"),
        ("Halo https://kotacontoh.go.id/a", (MediaKind.IMAGE,) * 4, "about US$ 0.22"),
    ],
)
def test_a_link_and_alternative_texts_make_it_dearer(
    text: str, kinds: tuple[MediaKind, ...], words: str
) -> None:
    assert format_estimate(_preview_of(text, kinds=kinds), 1) == words


def test_of_a_thread_the_remaining_parts_are_charged() -> None:
    thread = _preview_of("Satu. <!-- part --> Dua. <!-- part --> https://kota.go.id/a")
    assert [str(estimate_price(thread, left)) for left in (3, 2, 1)] == ["0.230", "0.215", "0.200"]
    assert estimate_price(thread, 0) is None
    assert format_total([(thread, 3), (_preview_of("Halo."), 1)]).startswith(
        "x charges about US$ 0.24 for them"
    )


def test_where_no_price_exists_none_is_printed() -> None:
    whatsapp = load_channel("whatsapp")
    config = whatsapp.Config(phone_number_id="1", business_account_id="2")
    rules = whatsapp.rules(config)
    made = whatsapp.render(post("Halo."), config, rules, account="whatsapp")
    shown = RenditionPreview(Account("whatsapp", "whatsapp", config), made, rules, 3)
    assert (format_estimate(shown, 3), format_total([(shown, 3)])) == ("", "")


def test_plan_and_publish_print_it(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "config.toml").write_text(_CONFIG)
    for id_, more in (("satu", "link: https://kotacontoh.go.id/a"), ("dua", "type: kabar")):
        (tmp_path / "posts" / f"{id_}.md").write_text(_POST.format(id=id_, more=more, body=f"Badan {id_}."))
    assert "x charges about US$ 0.22 for them, pay-per-use.\n" in run("plan", cwd=tmp_path).out
    told = json.loads(run("plan", "--json", cwd=tmp_path).out)
    assert {one["id"]: one["price_usd"] for one in told["upcoming"]} == {"satu": "0.200", "dua": "0.015"}
    asked = run("publish", "satu", cwd=tmp_path)
    assert asked.code == 2
    assert "/280  about US$ 0.20\n" in asked.err
