"""How names and codes are compared, and the terms that an index of them holds. Pure.

A name is folded: NFKC, so that full and half width are alike; no case; katakana as hiragana. The index holds single characters beyond
ASCII, pairs of characters, how each field and each word begins, and each field whole, every one as a number of 32 bits. A question is
a list of steps, best first; each asks for the entries that have all its terms, and looks at the folded text to be sure.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

MAX_QUESTION: Final = 200
"""Characters of a question that are looked at."""
MAX_WORDS: Final = 8

_INDEXED: Final = 400
# ァ to ヶ, and the two marks of repetition, stand 0x60 above their hiragana.
_HIRAGANA: Final = {code: code - 0x60 for code in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_FOLDING: Final = {**_HIRAGANA, **_DASHES}
_CODE: Final = re.compile(r"[a-z0-9]+(?:[./_-][a-z0-9]+)+")
_PUNCTUATION: Final = re.compile(r"[./_-]")

_WHOLE, _CODE_START, _START, _WORD_START, _PART, _TABLE = "=", "#", "^", "<", "", "\0"


def fold(text: str) -> str:
    """Return a text for comparing: NFKC, without case, katakana as hiragana, one kind of hyphen, one space between words."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(plain.translate(_FOLDING).split())


class Folded(NamedTuple):
    """The fields of an entry as they are compared; ``bare`` is the code without its punctuation, empty where it has none."""

    code: str
    bare: str
    ja: str
    reading: str
    en: str

    @property
    def names(self) -> tuple[str, str, str]:
        """The three names."""
        return self.ja, self.reading, self.en


def folded(*, code: str, ja: str, reading: str, en: str) -> Folded:
    """Return the fields of an entry as they are compared."""
    plain = fold(code)
    return Folded(plain, _bare(plain), fold(ja), fold(reading), fold(en))


def _bare(code: str) -> str:
    return _PUNCTUATION.sub("", code) if _CODE.fullmatch(code) else ""


@lru_cache(maxsize=1 << 17)
def number(term: str) -> int:
    """Return the number that stands for a term, from -2**31 to 2**31 - 1."""
    value = zlib.crc32(term.encode("utf-8", "surrogatepass"))
    return value - (1 << 32) if value >= 1 << 31 else value


def table_term(table: int) -> int:
    """Return the term that all entries of a table have."""
    return number(f"{_TABLE}{table}")


def entry_terms(entry: Folded, table: int) -> set[int]:
    """Return all terms of an entry of a table."""
    terms = {f"{_TABLE}{table}"}
    for code in (entry.code, entry.bare):
        if code:
            terms.update((_WHOLE + code, _CODE_START + code[:1], _CODE_START + code[:2]))
            terms.update(_parts(code))
    for name in entry.names:
        kept = name[:_INDEXED]
        if kept:
            terms.update((_WHOLE + name, _START + kept[:1], _START + kept[:2]))
        terms.update(_parts(kept))
        for word in kept.split():
            terms.update((_WORD_START + word[:1], _WORD_START + word[:2]))
    return set(map(number, terms))


def _parts(text: str) -> Iterator[str]:
    """Yield the pairs of a text; characters beyond ASCII are words of their own, letters and digits are in nearly every text."""
    yield from map(str.__add__, text, text[1:])
    if not text.isascii():
        yield from (letter for letter in text if not letter.isascii())


def _parts_of_question(text: str) -> set[str]:
    if len(text) == 1:
        return set() if text.isascii() else {text}
    return set(map(str.__add__, text, text[1:]))


class Question(NamedTuple):
    """What is looked for, folded: the whole, its words, and the code that it may be, without punctuation."""

    whole: str
    words: tuple[str, ...]
    bare: str


class Step(NamedTuple):
    """One way in which an entry may answer: ``rank`` 0 is the best; an entry that does has all ``terms``."""

    rank: int
    terms: frozenset[int]


EXACT, CODE_BEGINS, NAME_BEGINS, WORDS_BEGIN, CONTAINS, NO_ANSWER = range(6)


def question(text: str) -> Question:
    """Return what a person looks for; without words when there is nothing to look for."""
    whole = fold(text.replace("\0", " ")[:MAX_QUESTION])
    words = tuple(dict.fromkeys(whole.split()))[:MAX_WORDS]
    return Question(whole, words, _bare(whole))


def steps(asked: Question) -> Iterator[Step]:
    """Yield the ways to answer, best first."""
    if not asked.words:
        return
    within = {part for word in asked.words for part in _parts_of_question(word)}
    for code in filter(None, (asked.whole, asked.bare)):
        yield _step(EXACT, {_WHOLE + code})
    for code in filter(None, (asked.whole, asked.bare)):
        if " " not in code:
            yield _step(CODE_BEGINS, {_CODE_START + code[:2], *_parts_of_question(code)})
    yield _step(NAME_BEGINS, {_START + asked.whole[:2], *_parts_of_question(asked.whole)})
    yield _step(WORDS_BEGIN, {*(_WORD_START + word[:2] for word in asked.words), *within})
    if within:
        yield _step(CONTAINS, within)


def _step(rank: int, terms: Iterable[str]) -> Step:
    return Step(rank, frozenset(map(number, terms)))


def rank(entry: Folded, asked: Question) -> int:
    """Return how an entry answers a question, from ``EXACT`` to ``NO_ANSWER``."""
    codes = [code for code in (entry.code, entry.bare) if code]
    looked_for = [text for text in (asked.whole, asked.bare) if text]
    if asked.whole in entry.names or any(text in codes for text in looked_for):
        return EXACT
    if any(code.startswith(text) for code in codes for text in looked_for):
        return CODE_BEGINS
    names = [name[:_INDEXED] for name in entry.names]
    if any(name.startswith(asked.whole) for name in names):
        return NAME_BEGINS
    spaced = [f" {name}" for name in names]
    if all(any(f" {word}" in name for name in spaced) for word in asked.words):
        return WORDS_BEGIN
    texts = [*codes, *names]
    return CONTAINS if all(any(word in text for text in texts) for word in asked.words) else NO_ANSWER
