"""The set-up of ``.venv`` with humaspost and its pinned dependencies.

usage: tools/setup.py run|test [GOAL]    ``run`` = what humaspost needs, ``test`` = the tests' tools too

A failure prints one line. Pythons as old as 2.7 can parse this file far enough to report that
they are too old. An interrupted set-up has no stamp and starts again. A .venv that another
program made is never deleted.
"""
# Old Pythons must parse this file, so no f-strings, pathlib or unpacking:
# ruff: noqa: UP031, PTH100, PTH102, PTH105, PTH107, PTH110, PTH118, PTH120, PTH123, PTH202, PTH208, RUF005

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time

OLDEST = (3, 11)
CANDIDATES = ("python3", "python3.14", "python3.13", "python3.12", "python3.11")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "humaspost-setup.json")
OURS = os.path.join(VENV, "humaspost-made-this")
LOG = os.path.join(ROOT, ".venv-setup.log")
LEVELS = {"run": ("build", "run"), "test": ("build", "run", "test")}
#: Measured on Linux x86_64 with Python 3.11, 2026-11-29: the sum of the packages, and `du -sm .venv`.
DOWNLOAD_MB = {"run": 72, "test": 147}
DISK_MB = {"run": 330, "test": 700}
#: Seconds between two lines of progress.
STEP = 3.0


def say(line, to=sys.stdout):
    to.write("setup: %s\n" % line)
    to.flush()


def stop(line):
    say(line, sys.stderr)
    raise SystemExit(1)


def version(info):
    return ".".join(str(number) for number in info[:3])


def is_new_enough(python):
    probe = "import sys; sys.exit(sys.version_info < %r)" % (OLDEST,)
    try:
        with open(os.devnull, "w") as quiet:
            return subprocess.call([python, "-c", probe], stdout=quiet, stderr=quiet) == 0
    except OSError:
        return False


def newer_python():
    """Return a new enough Python on PATH, or None; never replace the choice in ``$PYTHON``."""
    if os.environ.get("PYTHON"):
        return None
    return next((python for python in CANDIDATES if is_new_enough(python)), None)


def ensure_new_enough(goal):
    if sys.version_info[:2] >= OLDEST:
        return
    python = newer_python()
    if python:
        os.execvp(python, [python] + sys.argv)
    stop(
        "needs Python %s or newer; found %s. Install it, then: %s"
        % (version(OLDEST), version(sys.version_info), goal)
    )


def ensure_venv_module():
    try:
        import ensurepip
        import venv

        del ensurepip, venv
    except ImportError:
        stop("Python has no venv. On Debian/Ubuntu: sudo apt install python%d.%d-venv" % sys.version_info[:2])


def wanted(level):
    """Return the stamp's files and digests for a complete set-up of this level."""
    names = ["requirements/%s.txt" % name for name in LEVELS[level]] + ["pyproject.toml"]
    return {name: digest(os.path.join(ROOT, name)) for name in names}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def stamped():
    """Return the files of an earlier complete set-up of this folder, or {}.

    A .venv that no longer runs counts as none.
    """
    try:
        with open(STAMP) as file:
            stamp = json.load(file)
    except (OSError, ValueError):
        return {}
    usable = os.access(os.path.join(VENV, "bin", "python"), os.X_OK)
    return stamp["files"] if usable and stamp["folder"] == ROOT else {}


def write_stamp(files):
    with open(STAMP + ".new", "w") as file:
        json.dump({"folder": ROOT, "files": files}, file)
    os.replace(STAMP + ".new", STAMP)


def alone(held):
    """Wait until no other set-up runs in this folder."""
    import fcntl

    # Two set-ups at the same time would break each other's .venv.
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("another set-up of this folder is running; waiting for it")
        fcntl.flock(held, fcntl.LOCK_EX)


def set_up(level, goal):
    files = wanted(level)
    have = stamped()
    if all(have.get(name) == value for name, value in files.items()):
        return
    began = time.time()
    if have:
        say("bringing .venv up to date")
        os.remove(STAMP)
    else:
        keep_what_is_not_ours(goal)
        announce(level)
        make_venv(goal)
    install(level, goal)
    write_stamp(dict(have, **files))
    say("done in %d s" % round(time.time() - began))


def keep_what_is_not_ours(goal):
    if os.path.lexists(VENV) and not os.path.exists(OURS):
        stop("there is a .venv here that make did not make. Move it away, then: %s" % goal)


def announce(level):
    say(
        "Python %s, making .venv (downloads about %d MB, takes %d MB, only this time)"
        % (version(sys.version_info), DOWNLOAD_MB[level], DISK_MB[level])
    )


def make_venv(goal):
    """Create a new .venv and first mark it as made by make."""
    shutil.rmtree(VENV, ignore_errors=True)
    os.mkdir(VENV)
    with open(OURS, "w") as mark:
        mark.write("This folder may be deleted at any time; make makes it again.\n")
    run([sys.executable, "-m", "venv", VENV], goal, fresh_log=True)


def install(level, goal):
    pip = [os.path.join(VENV, "bin", "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    pinned = ["--require-hashes", "--prefer-binary"]
    for name in LEVELS[level]:
        pinned += ["-r", os.path.join(ROOT, "requirements", name + ".txt")]
    run(pip + pinned, goal, progress=Progress(level))
    run(pip + ["--no-deps", "--no-build-isolation", "--no-index", "-e", ROOT], goal)


class Progress:
    """How far pip is: it reports nothing while it installs, so the packages in .venv are counted."""

    def __init__(self, level):
        self.total = len(pinned_packages(level))
        self.start = os.path.getsize(LOG)

    def line(self):
        with open(LOG, errors="replace") as log:
            log.seek(self.start)
            lines = log.read().splitlines()
        if any(line.startswith("Installing collected packages") for line in lines):
            return "%d of %d packages installed" % (min(len(installed_packages()), self.total), self.total)
        fetched = sum(line.startswith(("Collecting ", "Processing ")) for line in lines)
        return "%d of %d packages fetched" % (min(fetched, self.total), self.total)


def pinned_packages(level):
    """Return the names of all packages that the level needs."""
    names = set()
    for name in LEVELS[level]:
        with open(os.path.join(ROOT, "requirements", name + ".txt")) as file:
            names.update(line.split("==")[0] for line in file if "==" in line and line[0].isalnum())
    return names


def installed_packages():
    """Return the packages in .venv; pip itself is none of ours."""
    python = "python%d.%d" % sys.version_info[:2]
    names = os.listdir(os.path.join(VENV, "lib", python, "site-packages"))
    return [name for name in names if name.endswith(".dist-info") and not name.startswith("pip-")]


def run(command, goal, fresh_log=False, progress=None):
    """Run the command to its end, with a line of progress every few seconds."""
    with open(LOG, "w" if fresh_log else "a") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT)
        try:
            code = wait(process, progress)
        except BaseException:
            process.kill()
            process.wait()
            raise
    if code:
        with open(LOG, errors="replace") as log:
            stop(remedy(log.read(), goal))


def wait(process, progress):
    """Return the exit code of the process; a slow one says that it still runs."""
    began = time.time()
    while True:
        try:
            return process.wait(timeout=STEP)
        except subprocess.TimeoutExpired:
            line = progress.line() if progress else "still at it"
            say("%s, %d s" % (line, round(time.time() - began)))


def remedy(log, goal):
    """Return one line that explains the log of a failed command."""
    if "ensurepip" in log:
        return (
            "Python has no venv. On Debian/Ubuntu: sudo apt install python%d.%d-venv" % sys.version_info[:2]
        )
    if "No space left on device" in log:
        return "the disk is full. Free about 1 GB, then: %s" % goal
    if "THESE PACKAGES DO NOT MATCH THE HASHES" in log:
        return "a downloaded package is not the pinned one (a proxy that changes files?), so nothing was installed"
    if "NewConnectionError" in log or "No matching distribution" in log or "ProxyError" in log:
        return "cannot download packages (proxy?). Set HTTPS_PROXY, then: %s" % goal
    if "SSLError" in log or "CERTIFICATE_VERIFY_FAILED" in log:
        return (
            "cannot check who sends the packages (TLS). Set PIP_CERT to your office's certificate, then: %s"
            % goal
        )
    last = [line for line in log.splitlines() if line.strip()][-1:] or ["no message"]
    return "%s (all of it: .venv-setup.log)" % last[0].strip()


def main(arguments):
    level = arguments[0] if arguments else "run"
    goal = arguments[1] if len(arguments) > 1 else "make demo"
    if level not in LEVELS:
        stop("usage: tools/setup.py run|test [GOAL]")
    ensure_new_enough(goal)
    ensure_venv_module()
    with open(os.path.join(ROOT, "pyproject.toml")) as held:
        alone(held)
        set_up(level, goal)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        stop("interrupted; the next time begins anew")
