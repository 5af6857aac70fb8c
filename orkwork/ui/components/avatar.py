"""Faces: agents are square with a tint of their own, people are round."""

from typing import Any

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars.base import VarData

_IMPORT = VarData(imports={"$/public/kit/face.js": [ImportVar(tag="initials"), ImportVar(tag="tint")]})


def _call(function: str, name: Any) -> rx.Var[str]:
    value = rx.Var.create(name)
    data = VarData.merge(_IMPORT, value._get_all_var_data())
    return rx.Var(_js_expr=f"{function}({value!s})", _var_type=str, _var_data=data).guess_type()


def avatar(name: Any, *, person: bool | rx.Var = False, size: str = "") -> rx.Component:
    """The face of an agent or a person by name; size "" (20), "md" (24) or "lg" (40). The name must stand beside it."""
    tint = (
        rx.cond(person, "hu", _call("tint", name))
        if isinstance(person, rx.Var)
        else "hu"
        if person
        else _call("tint", name)
    )
    return rx.el.span(_call("initials", name), class_name=["av", size, tint], custom_attrs={"aria-hidden": "true"})
