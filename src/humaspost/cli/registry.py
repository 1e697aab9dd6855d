"""Every command: where it is listed, what runs it, what it does in one line."""

from dataclasses import dataclass

from humaspost.base.i18n import _


@dataclass(frozen=True, slots=True)
class Entry:
    """``target`` is ``module:function`` under humaspost.cli, imported only when the command runs."""

    name: str
    target: str
    help: str


#: In the order of ``--help``; only what exists.
GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        _("Write"),
        (
            Entry(
                "init", "commands.init:init", _("make a new office: config.toml, credentials.toml, posts/")
            ),
            Entry("new", "commands.new:new", _("write a draft with the common keys")),
            Entry("check", "commands.check:check", _("find every problem, offline")),
            Entry("preview", "commands.preview:preview", _("show exactly what each channel will show")),
            Entry("plan", "commands.plan:plan", _("show what would go out when, and what will not")),
        ),
    ),
    (
        _("Send"),
        (
            Entry(
                "schedule", "commands.schedule:schedule", _("watch posts/ and send when due, until stopped")
            ),
            Entry("run", "commands.run:run", _("send what is due, once: for cron")),
            Entry("publish", "commands.publish:publish", _("send one post now, after asking")),
            Entry("pause", "commands.pause:pause", _("stop before the very next public write, everywhere")),
            Entry("resume", "commands.pause:resume", _("send again")),
        ),
    ),
    (
        _("Watch"),
        (
            Entry("status", "commands.status:status", _("what needs you, what comes, what went out")),
            Entry("log", "commands.log:log", _("every attempt")),
            Entry("resolve", "commands.resolve:resolve", _("settle an unknown outcome")),
            Entry("doctor", "commands.doctor:doctor", _("what will fail tomorrow, each with its remedy")),
        ),
    ),
    (
        _("Set up"),
        (
            Entry(
                "account", "commands.account:app", _("list, check and rename accounts, show their templates")
            ),
            Entry("audience", "commands.audience:app", _("list and import recipients")),
            Entry("serve", "commands.serve:serve", _("take webhooks: what became of each WhatsApp message")),
            Entry("backup", "commands.backup:backup", _("copy the ledger, also while it is in use")),
            Entry("restore", "commands.restore:restore", _("put a backup of the ledger back")),
        ),
    ),
    (
        _("Learn"),
        (
            Entry("demo", "demo.main:demo", _("one office day on pretend platforms")),
            Entry("sandbox", "commands.sandbox:sandbox", _("the pretend platforms by themselves")),
            Entry("explain", "commands.explain:explain", _("what a code means and what to do")),
        ),
    ),
)

ENTRIES = {entry.name: entry for _title, entries in GROUPS for entry in entries}
