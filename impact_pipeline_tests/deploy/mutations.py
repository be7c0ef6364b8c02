"""Every mutation that the UI's GraphQL schema has, called with the least arguments that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from impact_pipeline_tests.deploy.behind_proxy import Site

_NESTED = "kind name ofType {kind name ofType {kind name ofType {kind name ofType {kind name}}}}"
_SCHEMA = f"""{{__schema {{
  types {{kind name enumValues {{name}} inputFields {{name defaultValue type {{{_NESTED}}}}}}}
  mutationType {{fields {{name args {{name defaultValue type {{{_NESTED}}}}} type {{{_NESTED}}}}}}}
}}}}"""
_SCALARS: Mapping[str, Any] = {"Int": 1, "Float": 1.0, "Boolean": False}

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutation as a query, and variables for the arguments that it requires."""

    name: str
    query: str
    variables: dict[str, Any]


def mutations(site: Site, given: Mapping[str, Mapping[str, Any]]) -> Iterator[Mutation]:
    """All of them; `given` holds arguments of those that look at these before they look at who asks."""
    schema = site.query(_SCHEMA)["data"]["__schema"]
    types = {found["name"]: found for found in schema["types"]}
    for field in schema["mutationType"]["fields"]:
        known = given.get(field["name"], {})
        args = [arg for arg in field["args"] if _required(arg) or arg["name"] in known]
        values = {arg["name"]: known.get(arg["name"], _least(arg["type"], types)) for arg in args}
        yield Mutation(field["name"], _query(field, args), values)


def _query(field: Json, args: list[Json]) -> str:
    declared = ", ".join(f"${arg['name']}: {_written(arg['type'])}" for arg in args)
    passed = ", ".join(f"{arg['name']}: ${arg['name']}" for arg in args)
    selected = "" if _base(field["type"])["kind"] == "SCALAR" else "{__typename}"
    return f"mutation {_bracketed(declared)} {{{field['name']}{_bracketed(passed)} {selected}}}"


def _bracketed(text: str) -> str:
    return f"({text})" if text else ""


def _required(arg: Json) -> bool:
    return bool(arg["type"]["kind"] == "NON_NULL" and arg["defaultValue"] is None)


def _least(type_: Json, types: Mapping[str, Json]) -> Any:
    match type_["kind"]:
        case "NON_NULL":
            return _least(type_["ofType"], types)
        case "LIST":
            return []
        case "ENUM":
            return types[type_["name"]]["enumValues"][0]["name"]
        case "INPUT_OBJECT":
            fields = types[type_["name"]]["inputFields"]
            return {field["name"]: _least(field["type"], types) for field in fields if _required(field)}
        case _:
            return _SCALARS.get(type_["name"], "x")


def _written(type_: Json) -> str:
    match type_["kind"]:
        case "NON_NULL":
            return f"{_written(type_['ofType'])}!"
        case "LIST":
            return f"[{_written(type_['ofType'])}]"
        case _:
            return str(type_["name"])


def _base(type_: Json) -> Json:
    return type_ if type_["ofType"] is None else _base(type_["ofType"])
