#!/usr/bin/env python3
"""The contract, checked three ways: openapi.yaml is valid OpenAPI 3.1; its examples fit their schemas; real answers fit theirs.

usage: validate.py OPENAPI.yaml            (or YONJO_OPENAPI)
Real answers: YONJO_RECORDED_ANSWERS names a file of JSON lines {method, path (template), status, contentType, body, tenant?}; tenant is
deemedVerifier or notVerifier, where it is known: then the answer must fit the schema of that kind of tenant and, where the contract says oneOf, no other.
An answer may hold no member that the contract does not describe.
Exit codes: 0 all fits, 1 something does not, 2 bad use.
"""

import json
import os
import re
import sys
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

BASE = "urn:yonjo:openapi"


class Contract:
    """The document, and validators for places in it."""

    def __init__(self, path, closed=False):
        loader = type("Loader", (yaml.SafeLoader,), {})
        # JSON has no dates: a time in an example stays a string.
        loader.yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }
        self.document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        if closed:
            for schema in self.document["components"]["schemas"].values():
                close(schema)
        resource = Resource.from_contents(self.document, default_specification=DRAFT202012)
        self.registry = Registry().with_resource(BASE, resource)

    def validator(self, schema):
        return Draft202012Validator(self._absolute(schema), registry=self.registry, format_checker=FormatChecker())

    def _absolute(self, node):
        """The schema with its local references made absolute, so that it can stand alone."""
        if isinstance(node, dict):
            return {k: BASE + v if k == "$ref" and v.startswith("#") else self._absolute(v) for k, v in node.items()}
        return [self._absolute(v) for v in node] if isinstance(node, list) else node

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def answer_schema(self, method, path, status, content_type):
        """The schema of an answer, or a sentence why there is none."""
        operation = self.document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            return None, "no such operation in the contract"
        responses = operation["responses"]
        response = self.resolve(responses.get(str(status)) or responses.get("default"))
        if response is None:
            return None, f"status {status} is not in the contract"
        media = content_type.split(";")[0].strip()
        content = response.get("content", {})
        if not content:
            return (None, None) if not media else (None, f"no body is promised, {media} came")
        if media not in content:
            return None, f"{media or 'no content type'} is not in the contract for status {status}"
        return content[media]["schema"], None


def close(node):
    """Objects take no member that is not described: clients must bear unknown ones, the broker must not send any."""
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            node.setdefault("additionalProperties", False)
        for key, value in node.items():
            if key != "examples":
                close(value)
    elif isinstance(node, list):
        for value in node:
            close(value)


def for_tenant(schema, tenant):
    """Of two alternatives, the one for this kind of tenant (and the other)."""
    alternatives = schema.get("oneOf") or schema.get("anyOf")
    if not alternatives or tenant not in ("deemedVerifier", "notVerifier"):
        return schema, None
    suffix = "ForVerifier" if tenant == "deemedVerifier" else "ForNonVerifier"
    mine = [a for a in alternatives if a.get("$ref", "").endswith(suffix)]
    other = [a for a in alternatives if not a.get("$ref", "").endswith(suffix)]
    if len(mine) != 1:
        return schema, None
    return mine[0], other[0] if "oneOf" in schema else None


def failures_of(validator, value):
    return [f"{error.json_path}: {redacted(error)}" for error in validator.iter_errors(value)]


def redacted(error):
    """What is wrong, without the value: recorded answers may hold items."""
    return f"{error.validator} {json.dumps(error.validator_value, ensure_ascii=False)[:160]}"


def check_examples(contract):
    failures, count = [], 0
    for name, schema in contract.document["components"]["schemas"].items():
        validator = contract.validator({"$ref": f"#/components/schemas/{name}"})
        for example in schema.get("examples", []):
            count += 1
            failures += [f"example of {name}: {line}" for line in failures_of(validator, example)]
    for name, schema in contract.document["components"]["schemas"].items():
        # The law is in the types: what a verifier sees must not pass for what a non-verifier may see, where the contract promises one of two.
        if not name.endswith("ForVerifier"):
            continue
        twin = name.removesuffix("ForVerifier") + "ForNonVerifier"
        if twin not in contract.document["components"]["schemas"]:
            failures.append(f"{name} has no twin {twin}")
    return failures, count


def check_one_of(contract):
    """Where an answer is one of two schemas, the example of each must fit the one and not the other."""
    failures = []
    for path, operations in contract.document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                for media in contract.resolve(response).get("content", {}).values():
                    for alternative in media["schema"].get("oneOf", []):
                        for example in contract.resolve(alternative).get("examples", []):
                            for line in failures_of(contract.validator(media["schema"]), example):
                                failures.append(f"{method.upper()} {path} {status}: example of {alternative['$ref']}: {line}")
    return failures


def check_codes(contract):
    """Every problem code is promised by some response, so that no code is hidden."""
    text = json.dumps(contract.document["components"]["responses"])
    codes = contract.document["components"]["schemas"]["ProblemCode"]["enum"]
    hidden = [code for code in codes if not re.search(rf"\b{code}\b", text)]
    return [f"problem code {code} stands in no response" for code in hidden if code not in ("methodNotAllowed", "uriTooLong", "headersTooLarge")]


def check_answers(contract, path):
    failures, count, seen = [], 0, set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        count += 1
        record = json.loads(line)
        method, template, status = record["method"], record["path"], int(record["status"])
        place = f"answer {number}, {method} {template} {status}"
        schema, why = contract.answer_schema(method, template, status, record.get("contentType") or "")
        if why:
            failures.append(f"{place}: {why}")
            continue
        seen.add((method.lower(), template))
        if schema is None:
            continue
        body = record["body"]
        mine, other = for_tenant(schema, record.get("tenant"))
        failures += [f"{place}: {text}" for text in failures_of(contract.validator(mine), body)]
        if other is not None and contract.validator(other).is_valid(body):
            failures.append(f"{place}: also fits {other['$ref']}")
    return failures, count, len(seen)


def main(arguments):
    name = arguments[1] if len(arguments) == 2 else os.environ.get("YONJO_OPENAPI")
    if not name or len(arguments) > 2:
        print(__doc__, file=sys.stderr)
        return 2
    contract = Contract(Path(name))
    failures = [f"openapi: {error.message[:200]}" for error in OpenAPIV31SpecValidator(contract.document).iter_errors()]
    operations = sum(len(item) for item in contract.document["paths"].values())
    print(f"contract: {operations} operations, {len(contract.document['components']['schemas'])} schemas")
    found, count = check_examples(contract)
    failures += found + check_one_of(contract) + check_codes(contract)
    print(f"examples: {count}")
    recorded = os.environ.get("YONJO_RECORDED_ANSWERS")
    if recorded:
        found, count, distinct = check_answers(Contract(Path(name), closed=True), Path(recorded))
        failures += found
        print(f"recorded answers: {count} of {distinct} operations")
    for failure in failures:
        print(f"  {failure}", file=sys.stderr)
    print("the contract holds" if not failures else f"{len(failures)} departures from the contract")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
