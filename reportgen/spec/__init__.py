"""YAML in, frozen study out: the only reader of YAML.

`load_study` reads a study file with its mappings and reports every problem at once; `study`, `mapping` and `model` are
the language; `schema` gives it to editors; `lock` writes it back with every default.
"""

from reportgen.spec.load import LocatedMapping, Spec, load_study

__all__ = ["LocatedMapping", "Spec", "load_study"]
