"""Codes of the problems that ``settings`` finds, each with its meaning."""

CODES = {
    "config-missing": "There is no config.toml in this folder or in any folder above it.",
    "config-unreadable": "config.toml is there, but this user cannot read it, or it is not UTF-8 text.",
    "config-syntax": "config.toml is not valid TOML; nothing can be read until it is.",
    "config-unknown-key": "config.toml has a key that humaspost does not know, usually a misspelling.",
    "config-missing-key": "config.toml lacks a key that is needed.",
    "config-value": "A value in config.toml is of the wrong kind or outside what is possible.",
    "config-account-name": (
        "An account's name is written in posts and in the names of environment variables, so it "
        "begins with a small letter and holds only small letters, digits and _."
    ),
    "config-channel": "An account names a channel that is not installed.",
    "config-default": "Only one account of a channel can be the one that `channels: [x]` means.",
    "config-same-account": (
        "Two names in config.toml are one account on the platform; every post to both would go out twice."
    ),
    "config-demo": "With `demo = true` every address must be on this computer, so that nothing can leave it.",
    "config-address": "An address must be https, unless it is on this computer, and carries no password.",
    "config-approval": (
        "A type asks for approval, which this version cannot give; so that nothing goes out unapproved "
        "it refuses to start."
    ),
    "config-path": "A path in config.toml is one that no file on this computer can have.",
    "config-timezone": "The timezone is not one that this computer knows.",
    "secret-in-config": (
        "A password or token is written in config.toml, which is shared, copied and committed. It belongs in "
        "credentials.toml, the system keyring, or an environment variable; and as others may have seen it, "
        "make a new one on the platform."
    ),
    "credentials-open": "credentials.toml can be read by other users of this computer, so it is not used.",
    "credentials-syntax": (
        "credentials.toml cannot be read as TOML, or holds something other than tables of texts."
    ),
    "credentials-empty": (
        "credentials.toml had keys and has none any more, which looks like an accident: the keys that were read "
        "before stay in use. To stop an account, take it out of config.toml."
    ),
    "secret-unreadable": (
        "A file that holds a secret cannot be read, or is empty. Where it was good before, the secret that was read "
        "then stays in use."
    ),
}
