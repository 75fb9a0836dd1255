"""Runs the examples of a Markdown document and compares what they print with what the document says.

    python crates/bloodpool-python/tests/documented.py docs/reference/python.md

Examples are the `>>>` lines in blocks of Python, in order, with one set of names. `...` in the document stands for any text.
"""

from __future__ import annotations

import doctest
import pathlib
import re
import sys


def main() -> int:
    failed = 0
    for name in sys.argv[1:]:
        text = pathlib.Path(name).read_text()
        # The end of a block is no part of what is printed.
        text = re.sub(r"(?m)^```.*$", "", text)
        examples = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
        if not examples.examples:
            print(f"{name} has no examples", file=sys.stderr)
            return 1
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(examples)
        print(f"{name}: {result.attempted} examples, {result.failed} failed")
        failed += result.failed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
