"""What enters and leaves: strict input that names each bad field, and output that says everything."""

import ast
import inspect
import json
import math
import textwrap
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

MAX_JSON_BYTES = 20_000
MAX_JSON_DEPTH = 20


def _clean(value: str) -> str:
    """Refuse what a database or a page can't hold: NUL, and halves of surrogate pairs."""
    if "\x00" in value:
        raise PydanticCustomError("text_nul", "must not contain the NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise PydanticCustomError("text_surrogate", "must be valid Unicode text") from error
    return value


def _one_line(value: str) -> str:
    if any(ch in value for ch in "\r\n\x0b\x0c\x85\u2028\u2029"):
        raise PydanticCustomError("text_line", "must be one line")
    return value


def _small_json(value: dict[str, Any]) -> dict[str, Any]:
    """Refuse JSON that is too large, too deep or holds a character that text may not."""
    stack: list[tuple[Any, int]] = [(value, 1)]
    while stack:
        item, depth = stack.pop()
        if depth > MAX_JSON_DEPTH:
            raise PydanticCustomError("json_depth", "must not be nested deeper than {limit}", {"limit": MAX_JSON_DEPTH})
        if isinstance(item, dict):
            stack.extend((part, depth + 1) for pair in item.items() for part in pair)
        elif isinstance(item, list):
            stack.extend((part, depth + 1) for part in item)
        elif isinstance(item, str):
            _clean(item)
        elif isinstance(item, float) and not math.isfinite(item):
            raise PydanticCustomError("json_number", "must hold finite numbers")
    if len(json.dumps(value)) > MAX_JSON_BYTES:
        raise PydanticCustomError("json_size", "must not be larger than {limit} bytes", {"limit": MAX_JSON_BYTES})
    return value


def _plausible(value: datetime) -> datetime:
    if not 1900 <= value.year < 3000:
        raise PydanticCustomError("moment_year", "must lie between the years 1900 and 3000")
    return value


Str = Annotated[str, AfterValidator(_clean)]
Name = Annotated[Str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True), AfterValidator(_one_line)]
"""A name of 1 to 120 characters on one line."""
Title = Annotated[
    Str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True), AfterValidator(_one_line)
]
"""A title of 1 to 300 characters on one line."""
Short = Annotated[Str, StringConstraints(max_length=200, strip_whitespace=True), AfterValidator(_one_line)]
"""At most 200 characters on one line; may be empty."""
Body = Annotated[Str, StringConstraints(max_length=100_000)]
"""Markdown, at most 100,000 characters."""
Moment = Annotated[AwareDatetime, AfterValidator(_plausible)]
"""A moment with its zone, from 1900 to 2999."""
Int = Annotated[int, Field(strict=True)]
Bool = Annotated[bool, Field(strict=True)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_small_json)]


class _Described(BaseModel):
    """A model whose JSON schema describes each field by the text below it.

    Read when the schema is asked for. `use_attribute_docstrings` reads every model's source at every start.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        """The schema with the texts."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in cls._texts().items():
            if name in properties:
                properties[name].setdefault("description", text)
        return schema

    @classmethod
    def _texts(cls) -> dict[str, str]:
        """The texts below the fields, its own before those of what it inherits from."""
        owners = [owner for owner in reversed(cls.__mro__) if issubclass(owner, _Described)]
        return {name: text for owner in owners for name, text in _field_texts(owner).items()}


@cache
def _field_texts(model: type) -> dict[str, str]:
    """The texts below the fields of a class, as its source has them; of a generic's kinds the generic has them."""
    if "[" in model.__name__:
        return {}
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


class In(_Described):
    """Input: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Asked(In):
    """Input that stands in an address; whoever takes its fields apart has them described before."""

    @classmethod
    def describe(cls) -> None:
        """Give each field the text below it."""
        for name, text in cls._texts().items():
            if cls.model_fields[name].description is None:
                cls.model_fields[name].description = text


class Out(_Described):
    """Output."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)


T = TypeVar("T")


class PageOut(Out, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(
        default=None, description="Send it as `cursor` for the next page; null on the last."
    )


class Json(Generic[T]):
    """An answer that PostgreSQL has already written as JSON, with the schema that it follows."""

    __slots__ = ("body", "schema", "version")

    def __init__(self, schema: type[T], body: str, version: int | None = None) -> None:
        """Keep the text; it is parsed only when someone asks."""
        self.schema, self.body, self.version = schema, body, version

    def parse(self) -> T:
        """The answer as its schema."""
        assert issubclass(self.schema, BaseModel)
        return self.schema.model_validate_json(self.body)
