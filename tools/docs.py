"""The generator of those parts of docs/ that describe the program.

usage: tools/docs.py [--check]     --check writes nothing and ends with 1 if a page is stale
"""

import importlib
import math
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from humaspost.channels import registry
from humaspost.channels.testing.contract import ChannelContract
from humaspost.cli.registry import GROUPS
from humaspost.ledger.deliveries import states
from humaspost.model.delivery import State
from humaspost.model.rules import Limit, MediaRules, Quota, Rate, Rules, Source, VideoRules
from humaspost.policy import lateness
from humaspost.sandbox import instagram, whatsapp, x
from humaspost.sandbox.faults import FAULT_DESCRIPTIONS, FAULT_FIELDS
from humaspost.views.states import REASON_EXPLANATIONS, STATE_EXPLANATIONS

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "src" / "humaspost"
# The channel tests contain the exemptions from ChannelContract.
sys.path.insert(0, str(ROOT))
#: Fields of an account that every channel shares.
COMMON = ("channel", "default", "on_unknown")
TITLES = {
    "content": "In a post",
    "media": "In pictures and documents",
    "planning": "When a post meets a channel",
    "audience": "In an audience",
    "settings": "In config.toml and credentials.toml",
    "app": "In the whole office",
}
_MARKS = re.compile(r"([\[\]<>*])")
LAST = ("States and reasons of a delivery", {**STATE_EXPLANATIONS, **REASON_EXPLANATIONS})


def code_groups() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield each package's heading and codes, in the order in which a user meets them."""
    for name, title in TITLES.items():
        if (SOURCES / name / "codes.py").is_file():
            yield title, importlib.import_module(f"humaspost.{name}.codes").CODES
    for path in sorted((SOURCES / "channels").glob("*/codes.py")):
        channel = path.parent.name
        yield f"On {channel}", importlib.import_module(f"humaspost.channels.{channel}.codes").CODES
    yield LAST


def codes() -> str:
    """Return one section per code."""
    lines: list[str] = []
    for title, meanings in code_groups():
        lines += [f"### {title}", ""]
        for code, meaning in sorted(meanings.items()):
            lines += [f"#### {code}", "", literal(meaning), ""]
    return "\n".join(lines)


def literal(text: str) -> str:
    """Return the text with Markdown characters escaped; `code` stays code."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece.startswith("`") else _MARKS.sub(r"\\\1", piece) for piece in pieces)


def commands() -> str:
    """Return one table per command group of ``--help``."""
    lines: list[str] = []
    for title, entries in GROUPS:
        rows = [f"| `humaspost {entry.name}` | {entry.help} |" for entry in entries]
        lines += [f"## {title}", "", "| command | does |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def channels() -> str:
    """Return one section per channel of the example office: its limits and missing features."""
    accounts = tomllib.loads((ROOT / "config.example.toml").read_text("utf-8"))["accounts"]
    lines: list[str] = []
    for table in accounts.values():
        channel = registry.load_channel(table["channel"])
        config = channel.Config.model_validate({k: v for k, v in table.items() if k not in COMMON})
        lines += section(channel.name, channel.rules(config))
        lines += held_to(channel.name)
    return "\n".join(lines)


def held_to(name: str) -> list[str]:
    """Return the ChannelContract tests from which the channel is exempt, with the reasons."""
    tests = importlib.import_module(f"tests.contract.test_{name}")
    suites = [suite for suite in vars(tests).values() if isinstance(suite, type)]
    exempt = {k: v for s in suites if issubclass(s, ChannelContract) for k, v in s.exempt.items()}
    if not exempt:
        return ["Of the claims of ChannelContract it is exempt from none.", ""]
    return [
        "Exempt from these claims of ChannelContract:",
        "",
        *(f"- {k}: {v}" for k, v in exempt.items()),
        "",
    ]


def section(name: str, rules: Rules) -> list[str]:
    """Return the heading and tables of a channel."""
    rows = [f"| {what} | {figure} | {page(source)} |" for what, figure, source in limits(rules)]
    keys = [f"| `{key}` | {meaning} |" for key, meaning in rules.keys.items()]
    cannot = [f"- {one.operation}: {one.reason} ({page(one.source)})" for one in rules.unsupported]
    return [
        f"## {name}",
        "",
        *("| what | limit | source |", "|---|---|---|", *rows, ""),
        *(f"Keys under `{name}:` in a post:", "", "| key | means |", "|---|---|", *keys, ""),
        *("What the platform itself cannot do:", "", *cannot, ""),
    ]


def limits(rules: Rules) -> Iterator[tuple[str, str, Source | None]]:
    """Yield each limit as name, figure and source; a source of None means our own limit."""
    text = rules.text.limit
    yield "text of one part", amount(text), text.source
    yield (
        "parts of one post",
        str(rules.max_parts),
        rules.parts_source if rules.max_parts > 1 else text.source,
    )
    if math.isfinite(rules.alt.value):
        yield "alternative text", amount(rules.alt), rules.alt.source
    for kind, medium in rules.media.items():
        yield kind.value, media(medium), medium.source
    for use, kinds in rules.placement_rules.items():
        for kind, medium in kinds.items():
            yield f"{kind.value} as {use}", media(medium), medium.source
    for rate in rules.rates:
        yield f"rate: {rate.name}", speed(rate), rate.source
    for quota in rules.quotas:
        yield f"allowance: {quota.name}", allowance(quota), quota.source
    if price := rules.price:
        figures = f"US$ {price.plain_part} for a part, {price.linked_part} with a link, {price.alt} for each alternative text"
        yield "price, pay-per-use", figures, price.source


def amount(limit: Limit) -> str:
    """Return a limit in words: ``280 weighted characters``; bytes as the platform rounds."""
    if limit.unit == "bytes":
        if limit.value < 2**20:
            return f"{limit.value / 2**10:g} KiB"
        binary = limit.value % 2**20 == 0
        return f"{limit.value / 2**20:g} MiB" if binary else f"{limit.value / 1e6:g} MB"
    return f"{limit.value:,.0f} {limit.unit}"


def media(rules: MediaRules) -> str:
    """Return formats, size, geometry and number of media files in words."""
    kinds = ", ".join(mime.rpartition("/")[2].rpartition(".")[2] for mime in rules.mimes)
    parts = [kinds, f"at most {amount(rules.max_bytes)}"]
    if rules.width:
        parts.append(f"{rules.width[0]} to {rules.width[1]} pixels wide")
    if rules.height:
        parts.append(f"{rules.height[0]} to {rules.height[1]} pixels tall")
    if rules.ratio:
        parts.append(f"width to height {rules.ratio[0]:.3g} to {rules.ratio[1]:.3g}")
    if rules.duration:
        parts.append(f"{rules.duration[0]:g} to {rules.duration[1]:g} seconds")
    if rules.max_sides:
        parts.append(f"at most {rules.max_sides[0]} × {rules.max_sides[1]}, either way up")
    parts += inside(rules.video) if rules.video else []
    if rules.max_count > 1:
        parts.append(f"up to {rules.max_count}")
    if rules.convert_to:
        parts.append(f"other pictures become {rules.convert_to.rpartition('/')[2]}")
    return "; ".join(parts)


def inside(rules: VideoRules) -> Iterator[str]:
    """Yield the rules for the contents of a video, an audio file or a GIF."""
    if rules.codecs or rules.audio_codecs:
        yield " and ".join(", ".join(names) for names in (rules.codecs, rules.audio_codecs) if names)
    if rules.mono_audio_codecs:
        yield f"{', '.join(rules.mono_audio_codecs)} with one channel"
    if rules.audio_streams:
        yield f"{rules.audio_streams} track of sound or none"
    if rules.profiles:
        yield f"{', '.join(rules.profiles)} on every telephone"
    if rules.frame_rate:
        yield f"{rules.frame_rate[0]:g} to {rules.frame_rate[1]:g} frames a second"
    if rules.bit_rate:
        yield f"at most {rules.bit_rate / 1e6:g} Mbit/s"
    if rules.frames:
        yield f"at most {rules.frames} frames"
    if rules.index_first:
        yield "index first"


def speed(rate: Rate) -> str:
    """Return a rate in words: ``80 in 1 s``."""
    to_whom = " to one person" if rate.per_recipient else ""
    return f"{rate.count:g} in {rate.seconds:g} s{to_whom}"


def allowance(quota: Quota) -> str:
    """Return a quota in words: ``50 in 24 h``."""
    whom = " different people" if quota.counts_recipients else ""
    when = ", while preparing: one for each medium and one for a carousel" if quota.counts_preparation else ""
    return f"{quota.count:,}{whom} in {quota.seconds / 3600:g} h{when}"


def page(source: Source | None) -> str:
    """Return a link with the date on which the source was read."""
    if source is None:
        return "our own: the platform names none"
    return f"[read {source.read_on.isoformat()}]({source.url})"


def faults() -> str:
    """Return the table of faults: name, effect and additional fields."""
    rows = [
        f"| `{name}` | {FAULT_DESCRIPTIONS[name]} | {names(takes)} |" for name, takes in FAULT_FIELDS.items()
    ]
    return "\n".join(["| fault | what happens | takes |", "|---|---|---|", *rows, ""])


def switches() -> str:
    """Return the tables of options: meaning, allowed values and default."""
    lines: list[str] = []
    for table in (x.OPTIONS, instagram.OPTIONS, whatsapp.OPTIONS):
        rows = [
            f"| `{name}` | {literal(switch.description)} | {literal(switch.type_text)} | `{switch.default!r}` |"
            for name, switch in table.items()
        ]
        lines += ["| switch | means | takes | until it is set |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def transitions() -> str:
    """Return the table of states: what each may become, and why; the initial states come first."""
    rows = [f"| *(new)* | {literal_state(state)} | {cause} |" for state, cause in states.INITIAL.items()]
    for source in State:
        for target in (state for state in State if state in states.ALLOWED[source]):
            causes = [t.cause for t in states.TRANSITIONS if source in t.sources and t.target is target]
            because = "; or ".join(dict.fromkeys(causes))
            rows.append(f"| {literal_state(source)} | {literal_state(target)} | {because} |")
    return "\n".join(["| from | to | when |", "|---|---|---|", *rows, ""])


def progress() -> str:
    """Return one row per event that is progress of a post that began, then what is none."""
    head = ["| what happens to the post | late counts from |", "|---|---|"]
    rows = [f"| {event} | {time} |" for event, time in lateness.PROGRESS.items()]
    none = [f"| {event} | *(no progress)* |" for event in lateness.STANDSTILL]
    return "\n".join([*head, *rows, *none, ""])


def literal_state(state: State) -> str:
    """Return a state as code."""
    return f"`{state.value}`"


def names(found: set[str]) -> str:
    """Return the names as code, sorted."""
    return ", ".join(f"`{name}`" for name in sorted(found))


PARTS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "commands": ("docs/commands.md", commands),
    "codes": ("docs/help.md", codes),
    "channels": ("docs/channels.md", channels),
    "faults": ("docs/sandbox.md", faults),
    "switches": ("docs/sandbox.md", switches),
    "transitions": ("docs/guarantee.md", transitions),
    "progress": ("docs/guarantee.md", progress),
}


def renewed(text: str, name: str, body: str) -> str:
    """Return the page with new text between the two marks of ``name``."""
    pattern = rf"(<!-- generated: {name} -->\n).*?(<!-- end: {name} -->)"
    new, count = re.subn(pattern, lambda match: f"{match[1]}{body}{match[2]}", text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"docs: the marks of {name!r} are missing or stand twice")
    return new


def stale() -> dict[Path, str]:
    """Return the new text of each page whose generated parts are out of date."""
    found: dict[Path, str] = {}
    for name, (file, make) in PARTS.items():
        path = ROOT / file
        new = renewed(found.get(path) or path.read_text("utf-8"), name, make())
        if new != path.read_text("utf-8"):
            found[path] = new
    return found


def main(arguments: list[str]) -> int:
    """Write the stale pages unless ``--check`` is given, and return the exit code."""
    pages = stale()
    for path, text in pages.items():
        print(f"{path.relative_to(ROOT)}: {'stale; run make docs' if arguments else 'written anew'}")
        if not arguments:
            path.write_text(text, "utf-8")
    return 1 if pages and arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
