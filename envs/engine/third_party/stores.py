"""A compiler that refuses what Numba stores silently: a float where a whole number belongs, an array of another size.

Numba knows the types of all that is stored once it has inferred them, so the question is asked right there. Also asked
is what the kernels `step` and `invariant` return. Both concern environment files of others only.
"""

from contextvars import ContextVar
from typing import Any

from numba.core import errors, ir, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import NopythonTypeInference

from ..mistakes import LOOP_LINES, Mistake, is_ours, mistake, place_of
from .returns import BOOL, NUMBER

# What was found while something was being compiled: Numba wraps exceptions in its own until little is left of them.
found: ContextVar[list[Mistake] | None] = ContextVar("found", default=None)

roles: dict[Any, str] = {}  # by their code, the kernels whose return value the engine uses: their names there
RETURNS = {"step": BOOL, "invariant": NUMBER}


class Refused(errors.TypingError):
    """Ends a compilation; what is to be said stands in ``found``."""


@register_pass(mutates_CFG=False, analysis_only=True)
class StrictStores(FunctionPass):
    """Look at every store of a function whose types are inferred."""

    _name = "ludus_strict_stores"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        function = state.func_id.func
        if is_ours(function.__code__.co_filename) or function.__code__.co_firstlineno > LOOP_LINES:
            return False
        for block in state.func_ir.blocks.values():
            for statement in block.body:
                problem = _problem_of(statement, state.typemap)
                if problem:
                    refuse(state.func_id.filename, statement.loc.line, f"{function.__name__} {problem}")
        expected = RETURNS.get(roles.get(function.__code__, ""))
        if expected and not isinstance(state.return_type, (types.Boolean, types.Integer)):
            file, line = place_of(function)
            came = "nothing on some of its ways" if _may_be_none(state.return_type) else kind(state.return_type)
            refuse(file, line, f"{function.__name__} returns {came}; expected {expected}")
        return False


def refuse(file: str, line: int, message: str) -> None:
    problem = mistake(file, line, message)
    noted = found.get()
    if noted is not None:
        noted.append(problem)
    raise Refused(str(problem))


def _may_be_none(returned: Any) -> bool:
    return isinstance(returned, (types.NoneType, types.Optional))


def _problem_of(statement: Any, typemap: dict[str, Any]) -> str | None:
    if isinstance(statement, ir.SetAttr):
        owner = typemap[statement.target.name]
        if not isinstance(owner, types.Record) or statement.attr not in owner.fields:
            return None
        place, target, whole = f"the field {statement.attr!r}", owner.typeof(statement.attr), True
        if isinstance(target, types.Array):  # Numba copies as many elements as the field has, whatever comes
            owner_name = statement.target.name.partition(".")[0]
            name = f"{'s' if owner_name.startswith('$') else owner_name}.{statement.attr}"
            return f"replaces the array {name} as a whole, of which nothing checks the size; write {name}[:] = …"
    elif isinstance(statement, (ir.SetItem, ir.StaticSetItem)):
        target = typemap[statement.target.name]
        place, whole = "an array", _is_one(statement, typemap)
    else:
        return None
    value = types.unliteral(typemap[statement.value.name])
    if whole and isinstance(value, types.Array):  # Numba takes the first element, even where there is none
        return f"stores an array ({kind(value)}) where one number belongs; say which element, such as x[0]"
    stored, target = _element(value), _element(target)
    if isinstance(target, (types.Integer, types.Boolean)) and isinstance(stored, (types.Float, types.Complex)):
        what = "whole numbers" if isinstance(target, types.Integer) else "truth values"
        return f"stores a {stored} in {place} of {what} ({target}), which would drop its fraction; round it with int(…)"
    return None


def _is_one(statement: Any, typemap: dict[str, Any]) -> bool:
    """Whether the index of a store into an array names one element of it."""
    target = typemap[statement.target.name]
    if not isinstance(target, types.Array):
        return False
    variable = statement.index_var if isinstance(statement, ir.StaticSetItem) else statement.index
    if variable is None:
        return isinstance(statement.index, int) and target.ndim == 1
    index = types.unliteral(typemap[variable.name])
    parts = list(map(types.unliteral, index.types)) if hasattr(index, "types") else [index]  # of a tuple
    return len(parts) == target.ndim and all(isinstance(part, types.Integer) for part in parts)


def _element(kind: Any) -> Any:
    kind = types.unliteral(kind)
    while isinstance(kind, (types.Array, types.Optional)):
        kind = kind.dtype if isinstance(kind, types.Array) else kind.type
    return kind


def kind(numba_type: Any) -> str:
    """A type of Numba's in a word."""
    return str(types.unliteral(numba_type))


class StrictCompiler(CompilerBase):
    """Numba's compiler with ``StrictStores`` in it."""

    def define_pipelines(self) -> list[Any]:
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(StrictStores, NopythonTypeInference)
        passes.finalize()
        return [passes]
