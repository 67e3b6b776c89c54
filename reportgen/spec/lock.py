"""A study with every default written out, and the JSON Schema that editors use; both made from the same model."""

from __future__ import annotations

import io
import json
from typing import Any

from pydantic import BaseModel
from ruamel.yaml import YAML

from reportgen.spec.evaluation import Evaluation
from reportgen.spec.fidelity import Fidelity
from reportgen.spec.load import LocatedMapping, Spec
from reportgen.spec.mapping import Mapping
from reportgen.spec.shown import written_name
from reportgen.spec.simulation import Simulation
from reportgen.spec.study import Study

HEAD = "# Written by reportgen: the study as it was understood, with every default that was used.\n"


def locked(spec: Spec) -> str:
    """Return the study and its mappings as YAML, defaults included. It names no absolute path."""
    folder = spec.source.path.parent
    content = _without_nothing(spec.study, spec.study.model_dump(mode="json", by_alias=True))
    content["trials"] = _distinct([written_name(name, folder) for name in spec.study.trials])
    if spec.study.fidelity is not None:
        content["fidelity"] = written_name(spec.study.fidelity, folder)
    if spec.study.report.templates is not None:
        content["report"]["templates"] = written_name(spec.study.report.templates, folder)
    content["mappings"] = {
        name: _mapping(located) for name, located in zip(content["trials"], spec.mappings, strict=True)
    }
    out = io.StringIO()
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 4096
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(content, out)
    return HEAD + out.getvalue()


def _without_nothing(part: Any, content: Any) -> Any:
    """Leave out keys that were not given and stand for nothing: a study file has no word for that.

    `null` stays where it is not what a key that is left out would mean.
    """
    if isinstance(part, BaseModel):
        named = {field.alias or name: (name, field.default) for name, field in type(part).model_fields.items()}
        return {
            key: _without_nothing(getattr(part, named[key][0]), value)
            for key, value in content.items()
            if value is not None or named[key][1] is not None
        }
    if isinstance(part, dict):
        return {key: _without_nothing(item, content[key]) for key, item in part.items()}
    if isinstance(part, tuple | list):
        return [_without_nothing(item, value) for item, value in zip(part, content, strict=True)]
    return content


def _distinct(names: list[str]) -> list[str]:
    """Return names of which no two are alike: mappings of two folders may share one.

    Examples
    --------
    >>> _distinct(["a.yaml", "b.yaml", "a.yaml"])
    ['a.yaml', 'b.yaml', 'a.yaml (2)']
    """
    return [
        f"{name} ({names[: place + 1].count(name)})" if name in names[:place] else name
        for place, name in enumerate(names)
    ]


def _mapping(located: LocatedMapping) -> dict[str, Any]:
    content = located.mapping.model_dump(mode="json", by_alias=True, exclude_none=True)
    for data in content["data"]:
        if "file" in data:
            data["file"] = written_name(data["file"], located.folder)
    return content


def json_schema(kind: str = "study") -> str:
    """Return the JSON Schema of study files (`study`), mappings, simulation files, fidelity files or evaluation files.

    Examples
    --------
    >>> '"arm_classes"' in json_schema()
    True
    """
    models: dict[str, type[BaseModel]] = {
        "study": Study,
        "mapping": Mapping,
        "simulation": Simulation,
        "fidelity": Fidelity,
        "evaluation": Evaluation,
    }
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **models[kind].model_json_schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
