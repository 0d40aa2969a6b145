"""Validates JSON documents against the schemas of a folder (JSON Schema 2020-12).

json_schema.py FOLDER: reads lines {"schema": NAME, "document": ...} from stdin, NAME being that of
NAME.schema.json, and prints for each a line: a list of problems, empty for a valid document. A schema
that is none itself ends it with a traceback. `--probe` only says whether the validator is there.
"""
import json
import pathlib
import sys

from jsonschema import Draft202012Validator

if sys.argv[1] == "--probe":
    sys.exit(0)

schemas = {}
for path in pathlib.Path(sys.argv[1]).glob("*.schema.json"):
    schemas[path.name] = json.loads(path.read_text())
    Draft202012Validator.check_schema(schemas[path.name])


def validator(name):
    try:
        from referencing import Registry, Resource
    except ImportError:  # jsonschema before 4.18
        from jsonschema import RefResolver
        return Draft202012Validator(schemas[name], resolver=RefResolver(name, schemas[name], schemas))
    resources = [(n, Resource.from_contents(s)) for n, s in schemas.items()]
    registry = Registry().with_resources(resources)
    return Draft202012Validator({"$schema": schemas[name]["$schema"], "$ref": name}, registry=registry)


validators = {}
for line in sys.stdin:
    job = json.loads(line)
    name = job["schema"] + ".schema.json"
    if name not in validators:
        validators[name] = validator(name)
    print(json.dumps(["/" + "/".join(map(str, e.absolute_path)) + ": " + e.message[:300]
                      for e in validators[name].iter_errors(job["document"])]))
