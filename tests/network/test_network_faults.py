"""Every lie of the network, on every call of every channel: what is on the platform, and what is claimed."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from humaspost.model.delivery import State


@dataclass(frozen=True)
class PlatformCall:
    """One call of a channel; ``write`` = the public one; ``finds`` = a look can find what landed."""

    channel: str
    method: str
    path: str
    write: bool = False
    finds: bool = False
    image: bool = True

    def __str__(self) -> str:
        return f"{self.channel} {self.method} {self.path}"


PLATFORM_CALLS = (
    PlatformCall("x", "GET", "/2/users/me"),
    PlatformCall("x", "POST", "/2/media/upload/initialize"),
    PlatformCall("x", "POST", "/append"),
    PlatformCall("x", "POST", "/finalize"),
    PlatformCall("x", "POST", "/2/media/metadata"),
    PlatformCall("x", "POST", "/2/tweets", write=True, finds=True, image=False),
    PlatformCall("instagram", "GET", "/me"),
    PlatformCall("instagram", "POST", "/media$"),
    PlatformCall("instagram", "GET", r"/v[0-9.]+/[0-9]+$"),
    PlatformCall("instagram", "POST", "/media_publish", write=True, finds=True),
    PlatformCall("whatsapp", "GET", r"/[0-9]+$"),
    PlatformCall("whatsapp", "POST", "/media$"),
    PlatformCall("whatsapp", "POST", "/messages", write=True),
)
#: Fault and whether the platform acted before it lied.
NETWORK_FAULTS = {
    "drop-before": ({"fault": "drop-before"}, False),
    "drop-after": ({"fault": "drop-after"}, True),
    "500-json": ({"fault": "status", "status": 500, "body": {"error": {"code": 1, "message": "x"}}}, False),
    "500-acted": ({"fault": "status", "status": 500, "body": {"title": "oops"}, "acted": True}, True),
    "502-html": ({"fault": "status", "status": 502, "body": "<html>Bad gateway</html>"}, False),
    "503-acted": ({"fault": "status", "status": 503, "body": "<html>later</html>", "acted": True}, True),
    "redirect": ({"fault": "redirect", "headers": {"Location": "http://127.0.0.1:9/evil"}}, False),
    "garbage": ({"fault": "garbage"}, True),
    "empty-2xx": ({"fault": "empty-2xx"}, True),
    "login-page": ({"fault": "status", "status": 200, "body": "<html>Log in</html>"}, False),
    "deep-json": ({"fault": "status", "status": 200, "body": "[" * 5000 + "]" * 5000}, False),
    "404-html": ({"fault": "status", "status": 404, "body": "<html>gone</html>"}, False),
}


@pytest.mark.parametrize("lie", NETWORK_FAULTS)
@pytest.mark.parametrize("call", [c for c in PLATFORM_CALLS if c.write], ids=str)
def test_a_lie_about_the_public_write_is_unknown_and_never_a_second_write(network_office, call, lie):
    fault, acted = NETWORK_FAULTS[lie]
    network_office.post(call.channel, image=call.image)
    network_office.inject_fault(channel=call.channel, method=call.method, path=call.path, count=1, **fault)
    network_office.run()
    landed = len([o for o in network_office.objects() if o["channel"] == call.channel])
    assert landed == (1 if acted else 0)
    assert network_office.state()[0] in (State.UNKNOWN, State.PUBLISHED)
    for minutes in (1, 3, 6, 20, 40):
        network_office.shift = timedelta(minutes=minutes)
        network_office.run()
    objects = [o for o in network_office.objects() if o["channel"] == call.channel]
    assert len(objects) == landed
    expected = (State.PUBLISHED, "found") if acted and call.finds else (State.UNKNOWN, "decision")
    assert network_office.state() == expected


#: One of each kind is enough where nothing public is at stake.
KINDS = ("drop-before", "drop-after", "503-acted", "redirect", "garbage", "404-html")


@pytest.mark.parametrize("lie", KINDS)
@pytest.mark.parametrize("call", [c for c in PLATFORM_CALLS if not c.write], ids=str)
def test_a_lie_before_the_public_write_only_costs_time(network_office, call, lie):
    fault, _acted = NETWORK_FAULTS[lie]
    network_office.post(call.channel, image=call.image)
    network_office.inject_fault(channel=call.channel, method=call.method, path=call.path, count=1, **fault)
    network_office.run()
    first = network_office.state()
    assert first[0] in (State.SCHEDULED, State.PUBLISHED, State.HELD, State.FAILED), first
    assert len([o for o in network_office.objects() if o["channel"] == call.channel]) == (
        first[0] == State.PUBLISHED
    )
    if first[0] in (State.SCHEDULED, State.HELD):
        network_office.shift = timedelta(minutes=45)
        network_office.run()
        assert network_office.state()[0] in (State.PUBLISHED, State.FAILED), network_office.state()
    assert len([o for o in network_office.objects() if o["channel"] == call.channel]) <= 1


@pytest.mark.parametrize("channel", ["x", "instagram", "whatsapp"])
def test_a_redirect_is_never_followed_on_a_write(network_office, channel):
    call = next(c for c in PLATFORM_CALLS if c.write and c.channel == channel)
    network_office.post(channel, image=call.image)
    network_office.inject_fault(channel=channel, method="POST", path=call.path, fault="redirect", count=1)
    network_office.run()
    assert len(network_office.requests(channel, call.path.rstrip("$"))) == 1


@pytest.mark.parametrize(
    ("channel", "status", "body", "state"),
    [
        ("x", 429, {"title": "Too Many Requests", "status": 429}, (State.SCHEDULED, "")),
        ("x", 402, {"title": "CreditsDepleted", "status": 402}, (State.HELD, "quota")),
        ("x", 401, {"title": "Unauthorized", "type": "about:blank", "status": 401}, (State.HELD, "login")),
        ("instagram", 400, {"error": {"code": 190, "message": "expired"}}, (State.HELD, "login")),
        (
            "instagram",
            400,
            {"error": {"code": 4, "error_subcode": 2207051, "message": "x"}},
            (State.UNKNOWN, "lookup"),
        ),
        (
            "instagram",
            400,
            {"error": {"code": 9, "error_subcode": 2207042, "message": "x"}},
            (State.SCHEDULED, ""),
        ),
        ("whatsapp", 400, {"error": {"code": 130429, "message": "x"}}, (State.SCHEDULED, "")),
        ("whatsapp", 400, {"error": {"code": 131056, "message": "x"}}, (State.SCHEDULED, "")),
        ("whatsapp", 401, {"error": {"code": 190, "message": "x"}}, (State.HELD, "login")),
        ("whatsapp", 400, {"error": {"code": 131026, "message": "x"}}, (State.FAILED, "131026")),
    ],
    ids=str,
)
def test_a_listed_refusal_ends_as_its_table_states(network_office, channel, status, body, state):
    call = next(c for c in PLATFORM_CALLS if c.write and c.channel == channel)
    network_office.post(channel, image=call.image)
    network_office.inject_fault(
        channel=channel, method="POST", path=call.path, fault="status", status=status, body=body, count=1
    )
    network_office.run()
    assert network_office.state() == state
    assert [o for o in network_office.objects() if o["channel"] == channel] == []
