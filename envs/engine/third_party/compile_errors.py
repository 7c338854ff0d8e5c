"""Numba's errors about a kernel, of which each is a wall of text, in one line with the place and the reason."""

import ast
import linecache
import re

from ..mistakes import LOOP_LINES, Mistake, is_ours, mistake, tree_of

PLACE = re.compile(r'File "([^"]+)", line (\d+)|at (\S+\.py) \((\d+)\)')
LONGEST = 300  # characters of a reason

# What Numba says -> what it means here, tried in this order. Groups are put in.
REASONS = (
    (r"Cannot modify readonly array", "writes to an array of the world, which all environments share: it is read-only"),
    (r"list[^\n]*, assigned to variable '([^']+)' in globals",
     "uses the list {0!r}, which a kernel cannot; make it a tuple"),
    (r"Variable '([^']+)' is not defined", "the name {0!r} has no value yet"),
    (r"NameError: name '([^']+)' is not defined", "the name {0!r} is not defined"),
    (r"Untyped global name '([^']+)':.*Cannot determine Numba type of (?:<class '([^']+)'>|([^\n]+))",
     "uses {0!r} ({1}), which a kernel cannot: functions need @kernel, values are numbers, tuples or arrays"),
    (r"Unknown attribute '([^']+)' of type ([^\n]+)", "{1} has no attribute {0!r}"),
    (r"Cannot unify ([^\n]+?) and ([^\n]+?) for '([^'.$]+)[^'$]*'",
     "the name {2!r} stands for two types, {0} and {1}; use two names"),
    (r"Cannot unify ([^\n]+?) and ([^\n]+?) for", "one value has two types, {0} and {1}"),
    (r"Cannot cast ([^\n]+?) to ([^\n:]+)", "puts {0} where {1} is expected"),
    (r"Invalid use of (\w+) with parameters \(([^\n]*)\)", "no {0} for these types: {1}"),
    (r"Use of unsupported NumPy function '([^']+)'", "calls {0}, which Numba cannot compile"),
    (r"No implementation of function Function\(<[^>]*?(?:function|class|method) '?([\w.]+)[^>]*>\) found for signature:"
     r"\s*>>> ([^\n]+)", "no {0} for these types: {1}"),
    (r"No conversion from ([^\n]+?) to ([^\n]+?) for", "puts {0} where {1} is expected"),
    (r"(?:UnsupportedError|UnsupportedBytecodeError|Unsupported)[^\n]*?: ([^\n]+)", "Numba cannot compile this: {0}"),
    (r"(missing a required argument: '[^']+'|too many positional arguments|got an unexpected keyword argument[^\n]*)",
     "a call does not fit its kernel: {0}"),
)  # fmt: skip
BOILERPLATE = re.compile(
    r"^(Failed in|Invalid use of|During:|There are|- Of which|Overload|With argument|Rejected|- Resolution|File |\^|"
    r"This error|This is not|Internal error|<source|raised from|Known signatures|Enable|To see|No match|\* |>>> )"
)


def condensed(fault: Exception, file: str | None, name: str) -> Mistake:
    """What a failed compilation of the loop ``name`` over the environment's ``file`` says, in one line."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(fault))
    where, line = file, 0
    for match in PLACE.finditer(text):
        place, number = match[1] or match[3], int(match[2] or match[4])
        if number < LOOP_LINES and not is_ours(place) and tree_of(place) is not None and "site-packages" not in place:
            where, line = place, number
            break
    reason = _reason(text) if type(fault).__module__.startswith("numba") else f"{type(fault).__name__}: {text}"
    if not line:
        return Mistake(f"{name}: Numba cannot compile it: {reason}")
    source = linecache.getline(where or "", line).strip()
    return mistake(where, line, f"{_kernel_at(where, line)}: {_short(reason)} in `{source}`")


def _reason(text: str) -> str:
    text = _without_layouts(text)
    for pattern, meaning in REASONS:
        match = re.search(pattern, text, re.DOTALL if "Untyped" in pattern else 0)
        if match:
            return meaning.format(*(part for part in match.groups() if part is not None))
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and not BOILERPLATE.match(line)), "Numba does not say why")


def _without_layouts(text: str) -> str:
    """The text with records, which Numba spells out field by field, named as such."""
    start = text.find("Record(")
    while start >= 0:
        depth, end = 0, start + len("Record")
        while end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
            if not depth:
                break
        text = text[:start] + "the record" + text[end:]
        start = text.find("Record(", start)
    return text


def _short(reason: str) -> str:
    reason = " ".join(reason.split())
    return reason if len(reason) <= LONGEST else f"{reason[: LONGEST - 1]}…"


def _kernel_at(file: str | None, line: int) -> str:
    """The name of the function around a line."""
    functions = (node for node in ast.walk(tree_of(file) or ast.Module([], [])) if isinstance(node, ast.FunctionDef))
    around = [node for node in functions if node.lineno <= line <= (node.end_lineno or 0)]
    return around[-1].name if around else "the file"
