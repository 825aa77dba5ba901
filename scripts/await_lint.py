#!/usr/bin/env python3
"""Finds awaits that share their statement with something g++ 12 miscompiles.

g++ 12 turns some statements that contain co_await into code that destroys a
temporary twice, or never, without a warning: those with a condition, ?:, && or ||,
throw, a braced initialiser or a capturing lambda beside the await. Hence the rule:
an await is a statement of its own, over named things.

    scripts/await_lint.py FILE-OR-FOLDER...

Prints FILE:LINE: REASON for each offender, and exits with 1 if there is one.
"""

import pathlib
import re
import sys

TOKEN = re.compile(
    r"""
      (?P<skip>    //[^\n]* | /\*.*?\*/ | ^[ \t]*\#(?:\\\n|[^\n])* | \s+ )
    | (?P<raw>     (?:u8|[uUL])?R"(?P<tag>[^()\\\s]*)\(.*?\)(?P=tag)" )
    | (?P<string>  (?:u8|[uUL])?"(?:\\.|[^"\\\n])*" )
    | (?P<number>  \.?\d(?:'?[\w.]|[eEpP][+-])* )
    | (?P<char>    (?:u8|[uUL])?'(?:\\.|[^'\\\n])+' )
    | (?P<word>    [A-Za-z_]\w* )
    | (?P<mark>    ->\*? | :: | && | \|\| | \.\.\. | . )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)

CLOSING = {"(": ")", "[": "]", "{": "}"}
HEADS = {"if", "while", "switch", "for", "catch"}
# Before a brace that opens statements, though it looks like a name.
BLOCK_WORDS = {"else", "do", "try", "const", "noexcept", "override", "final", "mutable"}
TYPE_WORDS = {"struct", "class", "union", "enum", "namespace", "extern"}


class Source:
    """The tokens of one file, with each bracket's partner and each brace's kind."""

    def __init__(self, text):
        self.tokens, self.lines = [], []
        line = 1
        for match in TOKEN.finditer(text):
            if match.lastgroup in ("string", "raw", "tag", "char"):
                self._add('""', line)
            elif match.lastgroup != "skip":
                self._add(match.group(), line)
            line += match.group().count("\n")
        self.partner, self.around = {}, []
        self._match_brackets()

    def _add(self, token, line):
        self.tokens.append(token)
        self.lines.append(line)

    def _match_brackets(self):
        stack = []
        for i, token in enumerate(self.tokens):
            self.around.append(tuple(stack))  # the brackets that are open here
            if token in CLOSING:
                stack.append(i)
            elif token in CLOSING.values() and stack:
                opened = stack.pop()
                self.partner[opened], self.partner[i] = i, opened

    def before(self, i):
        return self.tokens[i - 1] if i > 0 else ""

    def is_block(self, brace):
        """Whether this { opens statements (or members), and not a list of values."""
        before = self.before(brace)
        if before in ("", ";", "{", "}", ")", "]", ":") or before in BLOCK_WORDS:
            return True
        if not (re.match(r"\w", before) or before in (">", "*", "&", "&&")):
            return False
        # A name: of a class, of what a function returns (-> type {), or of a value.
        i, depth = brace - 1, 0
        while i >= 0:
            token = self.tokens[i]
            if depth == 0 and (token == "->" or token in TYPE_WORDS):
                return True
            if token in ")]}>":
                depth += 1
            elif token in "([{<":
                depth -= 1
                if depth < 0:
                    return False
            elif depth == 0 and token in (";", "=", ",", "return", "co_return", "co_await"):
                return False
            i -= 1
        return False

    def is_lambda(self, bracket):
        """Whether this [ begins a lambda, and not a subscript or an attribute."""
        before = self.before(bracket)
        if before == "[" or self.tokens[bracket + 1] == "[":
            return False
        return not (re.match(r"\w", before) or before in (")", "]", '""')) or before in (
            "return", "co_return", "co_yield", "co_await", "throw")

    def is_lambda_body(self, brace):
        """Whether this block belongs to a lambda."""
        i = brace - 1
        while i >= 0 and self.tokens[i] not in (";", "{", "}"):
            if self.tokens[i] == "]":
                return self.is_lambda(self.partner[i])
            if self.tokens[i] == ")":
                i = self.partner[i]
            i -= 1
        return False


def statement_of(source, at):
    """The token range of the statement around the token `at`, and the brackets of it
    that `at` stands in."""
    block = next((b for b in reversed(source.around[at])
                  if source.tokens[b] == "{" and source.is_block(b)), -1)
    inside = [b for b in source.around[at] if b > block]
    start, i = block + 1, block + 1
    while i < at and i not in inside:
        token = source.tokens[i]
        if token == ";":
            start = i + 1
        elif token in CLOSING and source.partner.get(i, at) < at:
            closed = source.partner[i]
            if token == "{" and source.is_block(i) and source.tokens[closed + 1] not in (")", ",", "("):
                start = closed + 1
            i = closed
        i += 1
    end = at
    while end < len(source.tokens) and source.tokens[end] != ";":
        if source.tokens[end] in "}" and source.partner.get(end, 0) <= block:
            break
        end = source.partner.get(end, end) + 1 if source.tokens[end] in CLOSING else end + 1
        if inside and end > source.partner.get(inside[0], end):
            inside_end = source.partner[inside[0]]
            end = max(end, inside_end + 1)
    return start, end, inside


def skip_heads(source, start, at):
    """Where the statement itself begins, after if (…), else, case …: and the like; None
    if the await is inside such a head."""
    while True:
        token = source.tokens[start]
        if token in ("else", "do", "constexpr"):
            start += 1
        elif token in HEADS:
            opened = start + 1
            while source.tokens[opened] != "(":
                opened += 1
            if source.partner[opened] > at:
                return None
            start = source.partner[opened] + 1
        elif token in ("case", "default"):
            while source.tokens[start] != ":":
                start += 1
            start += 1
        else:
            return start


def fault(source, at):
    """What is wrong with the await at this token; None if nothing is."""
    for brace in reversed(source.around[at]):
        if source.tokens[brace] != "{" or not source.is_block(brace):
            continue
        if source.is_lambda_body(brace):
            break
        if source.before(brace) == ")" and source.before(source.partner[brace - 1]) == "catch":
            return "await in a handler"

    start, end, inside = statement_of(source, at)
    start = skip_heads(source, start, at)
    if start is None:
        return "await in a condition"
    if any(source.tokens[b] == "{" for b in inside):
        return "await in a braced initialiser"

    assigned = False
    i = start
    while i < end:
        token = source.tokens[i]
        if token == "{":
            if not source.is_block(i):
                return "await beside a braced initialiser"
            i = source.partner[i]  # a lambda's body: statements of their own
        elif token == "[" and source.is_lambda(i) and source.partner[i] > i + 1:
            return "await beside a capturing lambda"
        elif token == "?":
            return "await beside ?:"
        elif token == "throw":
            return "await beside throw"
        elif token == "co_await" and i != at:
            return "two awaits in one statement"
        elif token in ("=", "co_return", "("):
            assigned = True
        elif token in ("||", "&&") and assigned and source.tokens[i - 1] not in ("auto", ">"):
            return "await beside && or ||"
        i += 1
    return None


def faults(text):
    """(line, reason) of every offender in the text of a file."""
    source = Source(text)
    for at, token in enumerate(source.tokens):
        if token == "co_await":
            reason = fault(source, at)
            if reason:
                yield source.lines[at], reason


def files(path):
    if path.is_file():
        return [path]
    return sorted(p for p in path.rglob("*") if p.suffix in (".cc", ".h"))


def main(arguments):
    found = awaits = 0
    for path in (p for argument in arguments for p in files(pathlib.Path(argument))):
        text = path.read_text(encoding="utf-8")
        awaits += text.count("co_await")
        for line, reason in faults(text):
            print(f"{path}:{line}: {reason}")
            found += 1
    print(f"{awaits} awaits, {found} to be rewritten")
    return 1 if found or awaits == 0 else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
