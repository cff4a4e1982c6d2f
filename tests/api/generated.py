"""A client as a program elsewhere has it: generated from `/openapi.json` by a tool that knows nothing of the hub, and strict.

An object has the members that the document names and no other, unless it says so; a number is no text, and a time has its zone.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
from pydantic import TypeAdapter

from tests.api.test_answers import strict

OPTIONS = (
    "--input-file-type=openapi", "--output-model-type=pydantic_v2.BaseModel", "--target-python-version=3.11", "--strict-nullable",
    "--disable-timestamp", "--use-annotated", "--formatters=builtin", "--strict-types", "str", "int", "float", "bool",
)  # fmt: skip
SLASHES = "/api/lookup/{app}/{id}"
"""The last part of it may hold slashes."""


class Generated:
    """Parses answers; `read` counts them by method and path of the document, and status."""

    def __init__(self, document: dict[str, Any], models: ModuleType) -> None:
        self.document = document
        self._models = models
        self._patterns = [(_pattern(path), path) for path in document["paths"]]
        self.read: Counter[tuple[str, str, int]] = Counter()

    @classmethod
    async def of(cls, document: dict[str, Any], folder: Path) -> Generated:
        """Generated anew, in a folder."""
        source, target = folder / "openapi.json", folder / "generated_models.py"
        source.write_text(json.dumps(strict(document)))
        words = (sys.executable, "-m", "datamodel_code_generator", f"--input={source}", f"--output={target}", *OPTIONS)
        process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
        _, told = await process.communicate()
        assert process.returncode == 0, told.decode()
        spec = importlib.util.spec_from_file_location("generated_models", target)
        assert spec is not None
        assert spec.loader is not None
        models = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(models)
        return cls(document, models)

    async def parse(self, answer: httpx.Response) -> None:
        """Read an answer of a route that the document names. ValidationError; AssertionError for an answer that it does not tell of."""
        await answer.aread()
        method, asked = answer.request.method.lower(), answer.request.url.path
        paths = (path for pattern, path in self._patterns if pattern.fullmatch(asked))
        path = next((path for path in paths if method in self.document["paths"][path]), None)
        if path is None:
            return
        answers = self.document["paths"][path][method]["responses"]
        assert str(answer.status_code) in answers, (method, path, answer.status_code, answer.text)
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if answer.content:
            content = answers[str(answer.status_code)]["content"]
            assert kind in content or f"{kind.partition('/')[0]}/*" in content, (method, path, answer.status_code, kind)
            if kind.endswith("json"):
                TypeAdapter(self._type_of(content[kind]["schema"])).validate_json(answer.content)
        self.read[method, path, answer.status_code] += 1

    def _type_of(self, schema: dict[str, Any]) -> Any:
        if schema.get("type") == "array":
            return list[self._type_of(schema["items"])]  # type: ignore[misc]
        return getattr(self._models, schema["$ref"].rpartition("/")[2]) if schema else Any


def _pattern(path: str) -> re.Pattern[str]:
    part = ".+" if path == SLASHES else "[^/]+"
    return re.compile(re.sub(r"\\\{\w+\\\}$", part, re.sub(r"\\\{\w+\\\}(?!$)", "[^/]+", re.escape(path))))
