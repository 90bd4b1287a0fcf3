"""Keep compiled grammars in the user's cache, each by the hash of all that it follows from."""

from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec

from nerforge.foundation.files.caching import Cache
from nerforge.generators.slots.domain.slot_domain import Domain
from nerforge.generators.slots.language.grammar import Grammar, PieceColumn, Stratum
from nerforge.generators.slots.language.grammar_compiler import compile_grammar
from nerforge.generators.slots.language.packed_pieces import PackedPieces, from_bytes, to_bytes
from nerforge.generators.slots.language.pool import Pool
from nerforge.generators.slots.randomness import Integers
from nerforge.templates import domain as templates_domain

_MAX_BYTES = 256_000_000
"""Of all grammars in the cache; that of the power domain has 8 MB."""
_SLOTS = Path(__file__).parent.parent
_COMPILING = ("dates", "domain", "language", "tables")
"""The rooms whose code decides what a grammar holds."""


class _StoredStratum(msgspec.Struct, array_like=True):
    template: int
    noise: str | None
    date_class: str | None
    columns: list[tuple[str, int, bool]]
    """Kind, place in ``numbers``, and whether each piece should occur."""
    share: float


class _StoredGrammar(msgspec.Struct):
    pieces: PackedPieces
    strata: list[_StoredStratum]
    numbers: list[bytes]
    added: dict[str, bytes]
    ambiguous: dict[str, int]
    dropped: dict[str, int]
    ambiguous_names: dict[str, dict[str, int]]
    dates_left_out: tuple[str, ...]


def build_grammar(domain: Domain, policy: str = "omit") -> Grammar:
    """Take a domain's grammar from the cache, or compile and store it.

    Raises:
        UserError: see ``compile_grammar``.
    """
    code = _code_version()
    if code is None:
        return compile_grammar(domain, policy)
    grammars = Cache("grammars", _MAX_BYTES)
    key = _key(domain, policy, code)
    if (content := grammars.read(key)) is not None:
        try:
            return _restore(msgspec.msgpack.decode(content, type=_StoredGrammar), domain)
        except msgspec.DecodeError:
            # Of another form: it is compiled again.
            pass
    grammar = compile_grammar(domain, policy)
    grammars.write(key, msgspec.msgpack.encode(_store(grammar)))
    return grammar


def _key(domain: Domain, policy: str, code: str) -> str:
    """Hash what a grammar follows from: what was read of the domain's files, the policy, and the code."""
    tables = [(name, table.levels, table.rows) for name, table in domain.tables.items()]
    labels = [(label.name, label.inferable) for label in domain.schema.labels]
    content = (
        *(code, policy, domain.spec, labels, tables, domain.words, domain.periods),
        *(domain.date_names, domain.templates, domain.added, domain.confusions),
    )
    return sha256(msgspec.msgpack.encode(content)).hexdigest()


@cache
def _code_version() -> str | None:
    """Hash the code that compiles grammars, so that a changed one finds no entry of the old one.

    None where the code is not in files, as in an archive: then nothing is cached.
    """
    rooms = [path for room in _COMPILING for path in sorted((_SLOTS / room).glob("*.py"))]
    digest = sha256()
    try:
        for path in (*rooms, _SLOTS / "randomness.py", Path(templates_domain.__file__)):
            digest.update(path.read_bytes())
    except OSError:
        return None
    return digest.hexdigest()


def _store(grammar: Grammar) -> _StoredGrammar:
    # Many strata share the arrays of their columns, and are told apart by them: each is stored once.
    arrays: dict[int, tuple[int, Integers]] = {}
    strata = [
        _StoredStratum(
            stratum.template,
            stratum.noise,
            stratum.date_class,
            [
                (c.kind, arrays.setdefault(id(c.numbers), (len(arrays), c.numbers))[0], c.is_covered)
                for c in stratum.columns
            ],
            stratum.share,
        )
        for stratum in grammar.strata
    ]
    return _StoredGrammar(
        pieces=grammar.pool.packed,
        strata=strata,
        numbers=[to_bytes(numbers) for _, numbers in arrays.values()],
        added={name: to_bytes(numbers) for name, numbers in grammar.added.items()},
        ambiguous=dict(grammar.ambiguous),
        dropped=dict(grammar.dropped),
        ambiguous_names={name: dict(counts) for name, counts in grammar.ambiguous_names.items()},
        dates_left_out=grammar.dates_left_out,
    )


def _restore(stored: _StoredGrammar, domain: Domain) -> Grammar:
    arrays = [from_bytes(numbers) for numbers in stored.numbers]
    strata = (
        Stratum(
            stratum.template,
            stratum.noise,
            stratum.date_class,
            tuple([PieceColumn(kind, arrays[at], is_covered) for kind, at, is_covered in stratum.columns]),
            stratum.share,
        )
        for stratum in stored.strata
    )
    return Grammar(
        templates=domain.templates,
        strata=tuple(strata),
        pool=Pool(stored.pieces),
        added={name: from_bytes(numbers) for name, numbers in stored.added.items()},
        ambiguous=stored.ambiguous,
        dropped=stored.dropped,
        ambiguous_names=stored.ambiguous_names,
        dates_left_out=stored.dates_left_out,
    )
