"""Values into what a function's annotations ask for; imports nothing that the annotations don't need (N13, N15)."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # `typing` costs a step more than all the rest of this file
if TYPE_CHECKING:
    from typing import Any

_VARARGS, _VARKEYWORDS = 4, 8  # flags of code objects


class BadParam(Exception):
    """A parameter is absent or is not what the function asks for."""


def arguments(function: Any, values: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments for a call; names not asked for are left out. Raises BadParam."""
    if type(function) is type(converted) and not hasattr(function, "__wrapped__"):
        code = function.__code__
        if not code.co_posonlyargcount:
            count, named = code.co_argcount, code.co_kwonlyargcount
            names = code.co_varnames[: count + named]
            defaults = set(code.co_varnames[count - len(function.__defaults__ or ()) : count])
            defaults |= set(function.__kwdefaults__ or {})
            rest = bool(code.co_flags & _VARKEYWORDS)
            return [], _named(function, values, list(names), defaults, rest)
    return _inspected(function, values)


def _inspected(function: Any, values: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    import inspect

    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-ins have none
        return [], dict(values)
    kinds = inspect.Parameter
    names = [p.name for p in signature.parameters.values() if p.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)]
    defaults = {p.name for p in signature.parameters.values() if p.default is not kinds.empty}
    rest = any(p.kind is kinds.VAR_KEYWORD for p in signature.parameters.values())
    owner = inspect.unwrap(function)
    owner = vars(owner).get("__init__", owner) if isinstance(owner, type) else owner
    named = _named(owner, values, names, defaults, rest)
    ordered = [p.name for p in signature.parameters.values() if p.kind is kinds.POSITIONAL_ONLY]
    return [named.pop(name) for name in ordered if name in named], named


def _named(function: Any, values: dict[str, Any], names: list[str], defaults: set[str], rest: bool) -> dict[str, Any]:
    hints = getattr(function, "__annotations__", {}) or {}
    space = getattr(function, "__globals__", {})
    asked = {name: _resolved(hints[name], space) for name in names if name in hints}
    namespace = next((n for n, a in asked.items() if getattr(a, "__name__", "") == "Namespace"), None)
    found: dict[str, Any] = {}
    absent = []
    for name in names:
        if name == namespace:
            continue
        if name in values:
            try:
                found[name] = converted(values[name], asked[name]) if name in asked else values[name]
            except (TypeError, ValueError, LookupError, ArithmeticError) as error:
                raise BadParam(f"the parameter `{name}` can't be used as {_shown(asked[name])}: {error}") from error
        elif name not in defaults:
            absent.append(f"`{name}`")
    if absent:
        raise BadParam(f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} absent: nothing gives it")
    others = {name: value for name, value in values.items() if name not in names}
    if namespace is not None and namespace not in found:
        found[namespace] = asked[namespace](**others)
    elif rest:
        found.update(others)
    return found


def _resolved(hint: Any, space: dict[str, Any]) -> Any:
    """An annotation as an object; one that can't be resolved here (a name for type checkers only) asks for nothing."""
    if not isinstance(hint, str):
        return hint
    try:
        return eval(hint, space)  # the author's own annotation in his own module
    except Exception:
        return None


def _shown(hint: Any) -> str:
    return getattr(hint, "__name__", None) or str(hint)


def converted(value: Any, hint: Any) -> Any:
    """The value as the annotation asks; raises TypeError, ValueError or LookupError where it can't be."""
    if hint is None or value is None:
        return value
    if getattr(hint, "__metadata__", None) is not None:  # Annotated
        return converted(value, hint.__origin__)
    origin, parts = getattr(hint, "__origin__", None), getattr(hint, "__args__", ())
    if type(hint).__name__ == "UnionType" or str(origin) == "typing.Union":
        return _one_of(value, parts)
    if isinstance(origin, type):
        return _container(value, origin, parts)
    if isinstance(hint, type):
        return _instance(value, hint)
    return value


def _one_of(value: Any, hints: tuple[Any, ...]) -> Any:
    known = [h for h in hints if isinstance(h, type)]
    if any(type(value) is h for h in known):
        return value
    problem: Exception | None = None
    for hint in hints:
        if hint is type(None):
            continue
        try:
            return converted(value, hint)
        except (TypeError, ValueError, LookupError) as error:
            problem = problem or error
    if problem is not None and len(hints) == 1 + (type(None) in hints):
        raise problem
    return value


def _container(value: Any, origin: type, parts: tuple[Any, ...]) -> Any:
    if isinstance(value, dict) and issubclass(dict, origin) and len(parts) == 2:
        return {converted(key, parts[0]): converted(inner, parts[1]) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    if issubclass(origin, tuple):
        if len(parts) == 2 and parts[1] is Ellipsis:
            return tuple(converted(inner, parts[0]) for inner in value)
        if len(parts) == len(value):
            return tuple(converted(inner, part) for inner, part in zip(value, parts))
        raise ValueError(f"it has {len(value)} values, not {len(parts)}")
    inner = [converted(one, parts[0]) for one in value] if len(parts) == 1 else value
    return origin(inner) if origin in (set, frozenset) else set(inner) if origin.__name__ == "Set" else inner


def _instance(value: Any, hint: type) -> Any:
    simple = _SIMPLE.get(hint)
    if simple is not None:
        return simple(value)
    if isinstance(value, hint):
        return value
    made: Any = hint
    if isinstance(value, str):
        if issubclass(hint, os.PathLike):
            return made(value)
        if hint.__module__ == "datetime" and hasattr(hint, "fromisoformat"):
            return made.fromisoformat(value[:-1] + "+00:00" if value.endswith("Z") else value)
    if hasattr(hint, "__members__"):
        try:
            return made(value)
        except ValueError:
            return made[value]
    if hint.__module__ in ("decimal", "_decimal", "uuid", "fractions") and isinstance(value, (str, int, float)):
        return made(str(value))
    if hint in (tuple, set, frozenset) and isinstance(value, list):
        return made(value)
    if isinstance(value, dict):
        return _from_table(value, made)
    if isinstance(value, list) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        return made(*value)
    return value


def _from_table(value: dict[str, Any], hint: Any) -> Any:
    for validate in ("model_validate", "parse_obj"):  # pydantic 2 and 1
        if hasattr(hint, validate):
            return getattr(hint, validate)(value)
    fields = getattr(hint, "__dataclass_fields__", None) or getattr(hint, "_fields", None)
    if fields is None and hasattr(hint, "__attrs_attrs__"):
        fields = [a.name for a in hint.__attrs_attrs__]
    if fields is not None:
        unknown = [name for name in value if name not in fields]
        if unknown:
            raise ValueError(f"{hint.__name__} has no `{unknown[0]}`")
        import sys

        space = vars(sys.modules[hint.__module__]) if hint.__module__ in sys.modules else {}
        hints: dict[str, Any] = {}
        for base in reversed(hint.__mro__):
            hints.update(vars(base).get("__annotations__", {}))
        return hint(**{name: converted(inner, _resolved(hints.get(name), space)) for name, inner in value.items()})
    if hint.__name__ == "Namespace":
        return hint(**value)
    return value


def _bool(value: Any) -> Any:
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise ValueError(f"{value!r} is neither true nor false")
        return value == "true"
    return value


def _int(value: Any) -> Any:
    if isinstance(value, str):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _float(value: Any) -> Any:
    return float(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else value


def _str(value: Any) -> Any:
    return repr(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


_SIMPLE = {bool: _bool, int: _int, float: _float, str: _str}
