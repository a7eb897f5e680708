"""config/openapi.yaml as something that answers must agree with."""

import pathlib

import jsonschema
import yaml

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "config" / "openapi.yaml"


class OpenApi:
    def __init__(self):
        self.document = yaml.safe_load(DOCUMENT.read_text())
        self.seen = set()  # (path, status) of the answers checked

    def check(self, path, answer):
        """`path` as the document writes it, such as /api/v1/targets/{name}."""
        response = self.document["paths"][path]["get"]["responses"][str(answer.status)]
        if "$ref" in response:
            response = self.document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
        (content_type, content), = response["content"].items()
        assert answer.headers["content-type"] == content_type
        resolver = jsonschema.RefResolver("", self.document)
        jsonschema.Draft202012Validator(content["schema"], resolver=resolver).validate(answer.json())
        self.seen.add((path, answer.status))
        return answer.json()

    def promised(self):
        return {
            (path, int(status))
            for path, methods in self.document["paths"].items()
            for status in methods["get"]["responses"]
        }
