"""A complete channel: a town's notice board (`papan`) that takes text over HTTP."""

from contextlib import contextmanager
from datetime import date

from pydantic import BaseModel

from humaspost.plugin import AccountStatus, Identity, LookupSchedule, Ready, Retracted, Snapshot
from humaspost.plugin import AuthFailed, ErrorRow, RateLimited, Refusal, Rejected, classify
from humaspost.plugin import HttpClient, map_errors
from humaspost.plugin import Limit, Rules, Source, TextRules
from humaspost.plugin import Part, Proof, Receipt, Rendition, to_plain_text

PAGE = Source("https://papan.example/api", date(2026, 11, 24))
ERRORS = (ErrorRow(AuthFailed, 401), ErrorRow(Rejected, 400), ErrorRow(RateLimited, 429))


class Config(BaseModel, extra="forbid"):
    base_url: str


class Session:
    def __init__(self, config, context, deadline):
        self.context, key = context, context.secret("key")
        self.headers = {"Authorization": f"Bearer {key}"}
        self.http = HttpClient(config.base_url, secrets=[key], deadline=deadline)

    def call(self, method, path, *, write=False, **body):
        answer = self.http.request(method, path, write=write, headers=self.headers, **body)
        if answer.is_success:
            return answer
        raise classify(ERRORS, Refusal(answer.status), call=path, write=write, now=self.context.now())

    def whoami(self):
        with map_errors(write=False):
            return Identity(self.call("GET", "/me").get("id"), "The board")

    def fetch_status(self):
        return AccountStatus(self.context.now())

    def prepare(self, part, token):
        return Ready({})  # nothing to upload

    def publish(self, part, ready, *, key, to, reply_to):
        with map_errors(write=True):
            made = self.call("POST", "/notices", write=True, json={"text": part.text})
            return Receipt(made.json["id"], self.context.now())

    def find(self, attempt, *, to):
        with map_errors(write=False):
            live = [n["id"] for n in self.call("GET", "/notices").json if n["text"] == attempt.part.text]
        return Receipt(live[-1], self.context.now()) if live else Proof.ABSENT_SO_FAR

    def retract(self, receipt):
        self.call("DELETE", f"/notices/{receipt.remote_id}", write=True)
        return Retracted(self.context.now())

    def read_back(self, receipt):
        with map_errors(write=False):
            live = {n["id"]: n["text"] for n in self.call("GET", "/notices").json}
        return Snapshot(live[receipt.remote_id]) if receipt.remote_id in live else None


class Papan:
    name, Config, secrets = "papan", Config, ("key",)
    lookup_schedule = LookupSchedule((5, 30, 120), "papan.example")

    def display_name(self, config):
        return "The board"

    def platform_id(self, config):
        return None

    def rules(self, config):
        text = TextRules(Limit(500, "characters", PAGE), len)
        return Rules(True, text, {}, 0, Limit(1, "characters", PAGE))

    def render(self, post, config, rules, *, account):
        return Rendition(self.name, (Part(1, f"{post.title}\n{to_plain_text(post.body)}"),))

    def check(self, rendition, rules, account_status, *, config):
        return []  # length, pictures and films are checked from rules()

    def events(self, config, headers, body, *, secret):
        return None  # the board calls nobody

    @contextmanager
    def open(self, config, context, deadline=25.0):
        session = Session(config, context, deadline)
        with session.http:
            yield session
