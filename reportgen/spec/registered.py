"""Parts of a study file of which there are several kinds, distinguished by one word: `method` of an analysis, `show` of an artefact.

The kinds stand in a registry, which whoever brings one may add to; a study is read with those that are there when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, TypeVar, Union, get_args

from pydantic import BaseModel, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

KindT = TypeVar("KindT", bound=BaseModel)


class Registered:
    """Stands in `Annotated[Base, Registered(word, kinds)]` for a value of any kind that is registered.

    Parameters
    ----------
    word : str
        The key whose value says which kind it is; a field of each kind, of type `Literal`.
    kinds : mapping of str to type
        The registry: value of `word` to the class that is read. It is looked at each time, so that it may grow.

    Examples
    --------
    >>> from typing import Literal
    >>> from pydantic import create_model
    >>> Circle = create_model("Circle", shape=(Literal["circle"], ...), radius=(float, 1.0))
    >>> kinds: dict[str, type[BaseModel]] = {}
    >>> Picture = create_model("Picture", shapes=(list[Annotated[BaseModel, Registered("shape", kinds)]], ...))
    >>> add(Circle, "shape", kinds).__name__
    'Circle'
    >>> Picture.model_validate({"shapes": [{"shape": "circle"}]}).shapes
    [Circle(shape='circle', radius=1.0)]
    """

    def __init__(self, word: str, kinds: Mapping[str, type[BaseModel]]) -> None:
        self.word, self.kinds = word, kinds

    def shared_keys(self) -> list[str]:
        """Return the keys that every kind has."""
        of_each = [keys_of(kind) for kind in self.kinds.values()]
        return [key for key in of_each[0] if all(key in keys for keys in of_each)] if of_each else []

    def having(self, key: str) -> list[str]:
        """Return the names of the kinds that have a key."""
        return [name for name, kind in self.kinds.items() if key in keys_of(kind)]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any, _: Any) -> Any:
            return self._adapter().validator.validate_python(value)

        # what is written again is written by the class of each value
        return core_schema.no_info_wrap_validator_function(read, core_schema.any_schema())

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(self._adapter().core_schema)

    def _adapter(self) -> TypeAdapter[Any]:
        return _adapter(self.word, tuple(self.kinds.values()))


@lru_cache(maxsize=16)
def _adapter(word: str, kinds: tuple[type[BaseModel], ...]) -> TypeAdapter[Any]:
    choice: Any = kinds[0] if len(kinds) == 1 else Annotated[Union[kinds], Field(discriminator=word)]  # noqa: UP007
    return TypeAdapter(choice)


def keys_of(kind: type[BaseModel]) -> list[str]:
    """Return the keys of a model as they are written in a file."""
    return [field.alias or name for name, field in kind.model_fields.items()]


def add(kind: type[KindT], word: str, kinds: dict[str, Any]) -> type[KindT]:
    """Add a class to a registry under the value that its field `word` allows, and return it.

    Raises
    ------
    ValueError
        The value belongs to another class already.
    """
    (name,) = get_args(kind.model_fields[word].annotation)
    if kinds.setdefault(name, kind) is not kind:
        raise ValueError(
            f"`{word}: {name}` is taken by {kinds[name].__name__}: choose another name for {kind.__name__}"
        )
    return kind
