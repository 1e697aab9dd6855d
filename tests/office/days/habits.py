"""What a person does one thing after the other: where each of ten findings begins, among random steps.

Each ``yield`` gives the turn back, and ``_until_look`` waits until the office looked at its files.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.office.days.steps import RandomDay, read_front

Habit = Callable[[RandomDay], Iterator[str]]


def _until_look(day: RandomDay) -> Iterator[str]:
    looks = day.world.looks
    while day.world.looks == looks:
        yield ""


def _write(day: RandomDay, minutes: int, *, parts: int = 1, **keys: str) -> Path:
    day.serial += 1
    name = f"p{day.serial}"
    front = {"id": name, "title": f"Judul {day.serial}", "date": day.moment(minutes), **keys}
    path = day.folder / "posts" / f"{name}.md"
    day.save_post(path, front, day.body(day.serial, parts))
    return path


def _change(day: RandomDay, path: Path, *, parts: int = 0, **keys: str) -> str:
    """Change keys, or the words as well; nothing where somebody else moved the file."""
    if not path.exists():
        return ""
    front, body = read_front(path)
    if parts:
        body = day.body(int(path.stem[1:]), parts)
    day.save_post(path, front | keys, body)
    return f"{path.name} {keys} {parts or ''}"


def take_out_a_channel(day: RandomDay) -> Iterator[str]:
    """A post is planned on two channels, and one is taken out before its time."""
    path = _write(day, 5, channels="[x, whatsapp]", audiences="[warga]")
    yield path.name
    yield from _until_look(day)
    yield _change(day, path, channels="[whatsapp]")
    yield day.advance(7)
    yield from _until_look(day)


def cancel_before_its_date(day: RandomDay) -> Iterator[str]:
    """A message to a list is cancelled before anybody has a row of it."""
    path = _write(day, 5, channels="[whatsapp]", audiences="[warga]")
    yield path.name
    yield from _until_look(day)
    yield day.cancel(path.stem) if path.exists() and path.name in day.world.seen else ""
    yield day.advance(7)
    yield from _until_look(day)


def change_the_audience(day: RandomDay) -> Iterator[str]:
    """A message has gone out, all or in part, and its file names another list."""
    day.refuse("whatsapp", skip=0, count=2)
    path = _write(day, 0, channels="[whatsapp]", audiences="[warga]")
    yield path.name
    yield from _until_look(day)
    yield _change(day, path, audiences="[wartawan]")
    yield from _until_look(day)
    yield _change(day, path, parts=1)
    yield from _until_look(day)


def mend_a_thread(day: RandomDay) -> Iterator[str]:
    """A part of a thread is refused, and the mended text has more parts, or fewer."""
    day.refuse("x", skip=1, count=1)
    path = _write(day, 0, parts=3, channels="[x]")
    yield path.name
    yield from _until_look(day)
    yield _change(day, path, parts=4)
    yield from _until_look(day)
    yield _change(day, path, parts=2)
    yield from _until_look(day)


def touch_up_an_old_file(day: RandomDay) -> Iterator[str]:
    """Some people were refused long ago, and are not written to because a typo is mended."""
    day.refuse("whatsapp", skip=2, count=2)
    path = _write(day, 0, channels="[whatsapp]", audiences="[warga]")
    yield path.name
    yield from _until_look(day)
    yield day.advance(200)
    yield _change(day, path, parts=1)
    yield from _until_look(day)


def change_the_config(day: RandomDay) -> Iterator[str]:
    """An account is taken out of the config under a running ``schedule``, and put back."""
    if day.sender is None:
        yield day.restart()
    path = _write(day, 5, channels="[x]")
    yield path.name
    yield from _until_look(day)
    yield day.change_config()
    yield day.advance(7)
    yield from _until_look(day)
    yield day.change_config()
    yield from _until_look(day)


def lose_a_list(day: RandomDay) -> Iterator[str]:
    """A list is caught half-written when a message to it is due."""
    path = _write(day, 5, channels="[whatsapp]", audiences="[warga]")
    yield path.name
    yield from _until_look(day)
    rows = dict(day.rows["warga"])
    day.rows["warga"] = dict(sorted(rows.items())[:1])
    day.write_list("warga")
    yield day.advance(7)
    yield from _until_look(day)
    day.rows["warga"] = rows
    day.write_list("warga")
    yield "warga is whole"
    yield from _until_look(day)


def give_a_new_date(day: RandomDay) -> Iterator[str]:
    """A post expires while nobody looks, and gets a new date and a new end."""
    path = _write(day, 5, channels="[x]", expires=day.moment(10))
    yield path.name
    yield from _until_look(day)
    yield day.advance(31)
    yield from _until_look(day)
    yield _change(day, path, date=day.moment(0), expires=day.moment(60))
    yield from _until_look(day)


def repeat_twice(day: RandomDay) -> Iterator[str]:
    """A message is said three times, and each file names the one before it."""
    names = [_write(day, 0, channels="[whatsapp]", audiences="[warga]").stem]
    yield names[0]
    for _time in range(2):
        yield from _until_look(day)
        path = day.folder / "posts" / f"{names[-1]}.md"
        if not path.exists():
            return
        yield day.repeat(path, day.moment(0))
        names.append(f"u{day.version}")


def rename_the_account(day: RandomDay) -> Iterator[str]:
    """An account that has published gets another name, and other words of the post would be new to the platform."""
    path = _write(day, 0, channels="[x]")
    yield path.name
    yield from _until_look(day)
    yield _change(day, path, parts=1)
    yield day.rename_account(is_looked_at=True)
    yield from _until_look(day)


HABITS: tuple[Habit, ...] = (
    take_out_a_channel,
    cancel_before_its_date,
    change_the_audience,
    mend_a_thread,
    touch_up_an_old_file,
    change_the_config,
    lose_a_list,
    give_a_new_date,
    repeat_twice,
    rename_the_account,
)
