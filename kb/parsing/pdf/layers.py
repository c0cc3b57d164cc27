"""Optional content: which layers of a file are shown when it is opened (ISO 32000-1, 8.11)."""

from typing import Any

from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from kb.parsing.pdf.objects import dictionary, resolved

_MAX_DEPTH = 20
_MAX_GROUPS = 100_000


class Layers:
    """The file's default configuration. Raises DAMAGE."""

    def __init__(self, catalogue: DictionaryObject) -> None:
        properties = dictionary(catalogue.get("/OCProperties"))
        usual = dictionary(properties.get("/D"))
        self._all_off = usual.get("/BaseState") == "/OFF"
        self._switched = _keys(usual.get("/ON" if self._all_off else "/OFF"))
        self._views: dict[object, bool] = {}
        for usage in _array(usual.get("/AS"))[:_MAX_GROUPS]:
            event = dictionary(usage)
            if event.get("/Event") == "/View" and "/View" in _array(event.get("/Category")):
                self._views |= _views(_array(event.get("/OCGs")))

    def is_shown(self, content: Any, depth: int = 0) -> bool:
        """Whether a group, or what several groups decide together (a membership dictionary), is switched on."""
        group = dictionary(content)
        if group.get("/Type") != "/OCMD":
            return self._is_on(content)
        if depth < _MAX_DEPTH and isinstance(resolved(group.get("/VE")), ArrayObject):
            return self._holds(resolved(group["/VE"]), depth + 1)
        groups = group.get("/OCGs")
        listed = _array(groups) or ([groups] if dictionary(groups) else [])
        states = [self._is_on(one) for one in listed[:_MAX_GROUPS]]
        if not states:
            return True
        match group.get("/P", "/AnyOn"):
            case "/AllOn":
                return all(states)
            case "/AnyOff":
                return not all(states)
            case "/AllOff":
                return not any(states)
            case _:
                return any(states)

    def _is_on(self, group: Any) -> bool:
        key = _key(group)
        if key in self._views:
            return self._views[key]
        return (key in self._switched) if self._all_off else (key not in self._switched)

    def _holds(self, expression: Any, depth: int) -> bool:
        """An expression of /And, /Or and /Not; the damaged ones hold."""
        if not isinstance(expression, ArrayObject):
            return self.is_shown(expression, depth)
        if depth > _MAX_DEPTH or not expression:
            return True
        results = (self._holds(_unless_group(one), depth + 1) for one in list(expression)[1:_MAX_GROUPS])
        match expression[0]:
            case "/And":
                return all(results)
            case "/Or":
                return any(results)
            case _:
                return not next(results, False)


def _unless_group(part: Any) -> Any:
    """A nested expression itself; a group as its reference, which is what identifies it."""
    target = resolved(part)
    return target if isinstance(target, ArrayObject) else part


def _array(value: Any) -> list[Any]:
    found = resolved(value)
    return list(found) if isinstance(found, ArrayObject) else []


def _keys(groups: Any) -> set[object]:
    return {_key(group) for group in _array(groups)[:_MAX_GROUPS]}


def _key(group: Any) -> object:
    """What identifies a group: references to it, or its dictionary once pypdf has read it."""
    if isinstance(group, IndirectObject):
        return group.idnum
    reference = getattr(group, "indirect_reference", None)
    return reference.idnum if reference is not None else id(group)


def _views(groups: list[Any]) -> dict[object, bool]:
    """The groups whose usage says whether viewers show them."""
    found: dict[object, bool] = {}
    for group in groups[:_MAX_GROUPS]:
        state = dictionary(dictionary(dictionary(group).get("/Usage")).get("/View")).get("/ViewState")
        if state in ("/ON", "/OFF"):
            found[_key(group)] = state == "/ON"
    return found
