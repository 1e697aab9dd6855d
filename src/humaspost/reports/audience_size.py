"""How many people a post would reach: by the ledger, or by the files that are still to be imported."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from humaspost.app.office import Office
from humaspost.audience.csv_reader import fingerprint, read
from humaspost.ledger.people import recipients
from humaspost.ledger.queries import delivery_lists
from humaspost.model.account import Facts, is_marketing
from humaspost.model.rendition import Part


class People:
    """Counts, each asked for once; reads no file whose people are in the ledger already."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._counts: dict[tuple[str, ...], int] = {}
        self._unwilling: dict[tuple[str, tuple[str, ...]], int] = {}
        self._fresh: dict[str, bool] = {}
        self._files: dict[str, frozenset[str]] = {}

    def count(self, audiences: Iterable[str]) -> int:
        """People of these audiences together, each once, who agreed and did not leave."""
        names = tuple(sorted(set(audiences)))
        if names not in self._counts:
            self._counts[names] = (
                self._ledger(names) if all(map(self._is_fresh, names)) else self._read(names)
            )
        return self._counts[names]

    def unwilling(self, account: str, part: Part, audiences: Iterable[str]) -> int:
        """How many of them want no marketing of the account, where what they would get is that."""
        if part.fallback is None or not is_marketing(part.fallback, self._facts.get(account)):
            return 0
        asked = (account, tuple(sorted(set(audiences))))
        if asked not in self._unwilling:
            with self._office.ledger().read() as conn:
                self._unwilling[asked] = delivery_lists.unwilling(conn, *asked, at=self._office.now())
        return self._unwilling[asked]

    @cached_property
    def _facts(self) -> Mapping[str, Facts]:
        return self._office.facts()

    def _ledger(self, names: tuple[str, ...]) -> int:
        with self._office.ledger().read() as conn:
            return delivery_lists.reach(conn, names)

    def _is_fresh(self, name: str) -> bool:
        """Whether the ledger holds what the audience's file says."""
        if name not in self._fresh:
            path = self._office.settings.audiences.get(name)
            with self._office.ledger().read() as conn:
                digest = recipients.digest_of(conn, name)
            self._fresh[name] = path is None or not path.is_file() or digest == fingerprint(path)
        return self._fresh[name]

    def _read(self, names: tuple[str, ...]) -> int:
        everybody: set[str] = set()
        for name in names:
            everybody |= self._in_file(name)
        return len(everybody - self._left())

    def _in_file(self, name: str) -> frozenset[str]:
        path = self._office.settings.audiences.get(name)
        if name not in self._files:
            found: Iterable[str] = ()
            if path is not None and path.is_file():
                zone = self._office.settings.timezone
                rows = read(path, shown=name, now=self._office.now(), zone=zone).rows
                found = (row.phone for row in rows if row.opted_out_at is None)
            self._files[name] = frozenset(found)
        return self._files[name]

    def _left(self) -> set[str]:
        with self._office.ledger().read() as conn:
            return recipients.left(conn)
