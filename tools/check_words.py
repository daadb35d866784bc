#!/usr/bin/env python3
"""Fails when the runtime or the operator's program knows a word that only the shop has."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHOP = ("ordering", "inventory", "payments", "notifications", "money")
FREE_OF_IT = ("runtime", "schemas/troupe", "tools/troupe")
# Words of the shop's schemas that everybody needs, in English or in C++.
EVERYBODYS = set(
    """answer answers attempts awaited back cancel cancellation capture closed code completed confirm confirmed deadline
    enum expire expires fail failed gateway get given hand int kind late line lines minor note numbered open opened order patience
    pending place placed price receive received reference refused release released request requested reserve row sent
    status stock total unit unknown void was""".split()
)
LINK = re.compile(r"\]\([^)]*\)")  # of a Markdown text, to the shop's files
COMMENT = re.compile(r"//.*")
WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]+(?![a-z])")


def words_of(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(text) if len(word) > 2}


def declared_in(folder: pathlib.Path) -> set[str]:
    words: set[str] = set()
    for file in folder.rglob("*.proto"):
        words |= words_of(COMMENT.sub("", file.read_text()))
    return words


def words_of_the_shop() -> set[str]:
    words = set(SHOP)
    for context in SHOP:
        words |= declared_in(ROOT / "schemas" / context)
    others = [folder for folder in (ROOT / "schemas").iterdir() if folder.name not in SHOP]
    return words.difference(EVERYBODYS, *map(declared_in, others))


def main() -> int:
    shop = words_of_the_shop()
    failures = 0
    for folder in FREE_OF_IT:
        for path in sorted((ROOT / folder).rglob("*")):
            if not path.is_file():
                continue
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                for word in sorted(words_of(LINK.sub("", line)) & shop):
                    print(f"{path.relative_to(ROOT)}:{number}: \"{word}\" is the shop's: {line.strip()}", file=sys.stderr)
                    failures += 1
    print(f"{len(shop)} words are the shop's alone; {failures} uses outside it", file=sys.stderr)
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
