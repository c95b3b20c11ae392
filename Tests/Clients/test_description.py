"""What the running gateway says, held against `deploy/openapi.yaml` and against OpenRouter's own description: in the shape
of the types of the `openrouter` package, which are made from it, and where OPENROUTER_DESCRIPTION names a copy
(`openapi/openapi.yaml` of github.com/OpenRouterTeam/docs) by that too.
"""

import concurrent.futures
import json
import os
import pathlib
import unittest

import httpx
import jsonschema_rs
import pydantic
import yaml
from openrouter import components, errors

import system

QUESTION = [{"role": "user", "content": "Should a small team run its own mail server?"}]
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
FUSION = {"type": "openrouter:fusion"}


def load(path):
    return yaml.load(pathlib.Path(path).read_text(), Loader=yaml.CSafeLoader)


def sorted_out(schema):
    """The same, with every union that names its kinds read by the name that a value gives, so that a fault says more than
    that no kind fits."""
    if isinstance(schema, list):
        return [sorted_out(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kinds = schema.get("discriminator", {}).get("mapping") if isinstance(schema.get("discriminator"), dict) else None
    if not kinds:
        return {key: sorted_out(value) for key, value in schema.items()}
    name = schema["discriminator"]["propertyName"]
    return {
        "type": "object",
        "required": [name],
        "properties": {name: {"enum": sorted(kinds)}},
        "allOf": [
            {"if": {"properties": {name: {"const": kind}}}, "then": {"$ref": reference}}
            for kind, reference in kinds.items()
        ],
    }


class Description:
    def __init__(self, path):
        self.components = sorted_out(load(path)["components"])
        self.validators = {}

    def faults(self, name, value):
        if name not in self.validators:
            schema = {"$ref": f"#/components/schemas/{name}", "components": self.components}
            self.validators[name] = jsonschema_rs.Draft202012Validator(schema)
        return [
            f"{name}{'/'.join(map(str, ['', *fault.instance_path]))}: {fault.message[-300:]}"
            for fault in self.validators[name].iter_errors(value)
        ]


class PackageTypes:
    """OpenRouter's description as the types of its package have it."""

    def __init__(self):
        self.adapters = {}

    def faults(self, name, value):
        if name not in self.adapters:
            kind = getattr(components, name, None) or getattr(errors, name + "ErrorData")
            self.adapters[name] = pydantic.TypeAdapter(kind)
        try:
            read = self.adapters[name].validate_python(value)
        except pydantic.ValidationError as error:
            return [f"{name}/{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5]]
        return [f"{name}{place}: of no known kind" for place in self.unknown(read, "")]

    def unknown(self, value, place):
        """Where a union's kind was not recognised: the package takes such a value as it comes."""
        if getattr(value, "is_unknown", False):
            yield place
        elif isinstance(value, pydantic.BaseModel):
            for name in type(value).model_fields:
                yield from self.unknown(getattr(value, name, None), f"{place}/{name}")
        elif isinstance(value, list):
            for index, one in enumerate(value):
                yield from self.unknown(one, f"{place}/{index}")


def setUpModule():
    global running, ours, theirs
    ours = Description(system.ROOT / "deploy" / "openapi.yaml")
    theirs = [PackageTypes()]
    if path := os.environ.get("OPENROUTER_DESCRIPTION"):
        copy = Description(path)
        # of its two lists of output items the older knows none of OpenRouter's own, so that with both nothing would fit
        for schema, older in [("BaseResponsesResult", "output"), ("OutputItemAddedEvent", "item"), ("OutputItemDoneEvent", "item")]:
            copy.components["schemas"][schema]["properties"].pop(older)
        theirs.append(copy)
    running = system.System()


def tearDownModule():
    running.stop()


class Held(unittest.TestCase):
    def held(self, value, our, their):
        faults = ours.faults(our, value) if our else []
        if their:
            faults += ["OpenRouter's " + fault for description in theirs for fault in description.faults(their, value)]
        self.assertEqual(faults, [], json.dumps(value)[:600])

    def ask(self, path, body=None, key=system.KEY, **headers):
        headers = {"Authorization": f"Bearer {key}", **headers}
        if body is None:
            return httpx.get(running.http + path, headers=headers, timeout=60)
        return httpx.post(running.http + path, json=body, headers=headers, timeout=60)

    def chat(self, **body):
        return self.ask("/v1/chat/completions", {"model": "openrouter/fusion", "messages": QUESTION, **body})

    def events(self, answer):
        self.assertEqual(answer.status_code, 200, answer.text[:500])
        lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
        return [json.loads(line) for line in lines if line != "[DONE]"]

    # what does not end well, by its place among the forms
    FAILING = {11: 502}
    FORMS = [
        {},
        {"model": "openrouter/fusion-flash"},
        {"model": "openai/gpt-5.5"},
        {"model": "openai/gpt-5.5", "tools": [FUSION], "tool_choice": {"type": "openrouter:fusion"}},
        {"model": "openai/gpt-5.5", "tools": [FUSION, WEATHER]},
        {"model": "openai/gpt-5.5", "tools": [WEATHER], "messages": [{"role": "user", "content": "[call get_weather {}]"}]},
        {"messages": [{"role": "user", "content": "[simulate panel/0/1 status-400] Tabs or spaces?"}]},
        {"messages": [{"role": "user", "content": "[simulate judge judge-empty] Tabs or spaces?"}]},
        {"messages": [{"role": "user", "content": "[simulate panel status-400] Tabs or spaces?"}]},
        {"plugins": [{"id": "fusion", "mode": "best-of"}]},
        {"plugins": [{"id": "fusion", "mode": "debate"}]},
        {"model": "simulator/model-a+error-mid-stream+words-40"},
    ]

    def asked(self, path, bodies, **headers):
        """Each body with what came of it; all of them are asked at once, because some wait for others to fail."""
        with concurrent.futures.ThreadPoolExecutor(len(bodies)) as pool:
            return list(zip(bodies, pool.map(lambda body: self.ask(path, body, **headers), bodies)))

    def test_chat(self):
        bodies = [{"model": "openrouter/fusion", "messages": QUESTION, **form} for form in self.FORMS]
        for body, answer in self.asked("/v1/chat/completions", bodies, **{"X-OpenRouter-Metadata": "enabled"}):
            with self.subTest(body=body):
                expected = self.FAILING.get(bodies.index(body), 200)
                self.assertEqual(answer.status_code, expected, answer.text[:500])
                if expected == 200:
                    self.held(answer.json(), "ChatCompletion", "ChatResult")
                else:
                    self.held(answer.json(), "Error", "BadGatewayResponse")

    def test_chat_streamed(self):
        bodies = [{"model": "openrouter/fusion", "messages": QUESTION, "stream": True, **form} for form in self.FORMS]
        for body, answer in self.asked("/v1/chat/completions", bodies):
            with self.subTest(body=body):
                chunks = self.events(answer)
                for chunk in chunks:
                    self.held(chunk, "ChatChunk", "ChatStreamChunk")
                failed = bodies.index(body) in self.FAILING
                self.assertEqual("error" in chunks[-1], failed)

    def test_responses(self):
        weather = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}
        bodies = []
        for form in self.FORMS:
            body = {"model": "openrouter/fusion", "input": QUESTION, **form}
            if "messages" in body:
                body["input"] = body.pop("messages")
            if "tools" in body:
                body["tools"] = [weather if tool is WEATHER else tool for tool in body["tools"]]
            bodies.append(body)
        for body, answer in self.asked("/v1/responses", bodies):
            with self.subTest(body=body):
                self.assertEqual(answer.status_code, self.FAILING.get(bodies.index(body), 200), answer.text[:500])
                self.held(answer.json(), "Response", "OpenResponsesResult")
        streamed = [{**body, "stream": True} for body in bodies]
        for body, answer in self.asked("/v1/responses", streamed):
            with self.subTest(body=body):
                events = self.events(answer)
                for event in events:
                    self.held(event, "ResponseEvent", "StreamEvents")
                    if "response" in event:
                        self.held(event["response"], "Response", "OpenResponsesResult")
                last = events[-1]
                failed = streamed.index(body) in self.FAILING
                self.assertEqual(last["type"], "response.failed" if failed else "response.completed")
                # what was told of an item when it was done is what stands in the whole
                done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
                if not failed:
                    self.assertEqual(sorted(done, key=str), sorted(last["response"]["output"], key=str))

    def test_models(self):
        page = self.ask("/v1/models").json()
        self.held(page, "Models", "ModelsListResponse")
        for name in ["openrouter/fusion", "openai/gpt-5.5", "~openai/gpt-latest"]:
            self.held(self.ask(f"/v1/model/{name}").json(), "OneModel", "ModelResponse")

    def test_records(self):
        id = self.chat().json()["id"]
        self.held(self.ask(f"/v1/generation?id={id}").json(), "Generation", "GenerationResponse")
        self.held(self.ask(f"/v1/deliberations/{id}").json(), "Deliberation", None)
        told = self.ask(f"/v1/deliberations/{id}/events").json()
        self.held(told, "Events", None)
        live = self.events(self.ask(f"/v1/deliberations/{id}/events", Accept="text/event-stream"))
        for event in live:
            self.held(event, "Event", None)
        self.assertEqual([event["id"] for event in live], [event["id"] for event in told["events"]])
        plain = self.chat(model="openai/gpt-5.5").json()["id"]
        generation = self.ask(f"/v1/generation?id={plain}").json()
        self.held(generation, "Generation", "GenerationResponse")
        self.assertIsNone(generation["data"]["router"])
        # a model that might have asked a panel, and did not, is no router
        alone = self.chat(model="openai/gpt-5.5", tools=[FUSION], messages=[{"role": "user", "content": "[no fusion] Hi"}])
        generation = self.ask(f"/v1/generation?id={alone.json()['id']}").json()
        self.assertIsNone(generation["data"]["router"])
        accepted = self.ask("/v1/deliberations", {"model": "openai/gpt-5.5", "messages": QUESTION})
        self.held(accepted.json(), "Deliberation", None)

    def test_errors(self):
        plain = {"model": "openai/gpt-5.5", "messages": QUESTION}
        rated = [self.ask("/v1/chat/completions", plain, key=system.RATED) for _ in range(3)]
        for status, their, answer in [
            (400, "BadRequestResponse", self.chat(messages=[])),
            (400, "BadRequestResponse", self.chat(model="nobody/nothing")),
            (401, "UnauthorizedResponse", self.ask("/v1/models", key="sk-nobodys")),
            (402, "PaymentRequiredResponse", self.chat(plugins=[{"id": "fusion", "max_cost": 0.0000001}])),
            (404, "NotFoundResponse", self.ask("/v1/generation?id=gen-nobodys")),
            (413, "PayloadTooLargeResponse", self.chat(messages=[{"role": "user", "content": "x" * 2_000_000}])),
            (429, "TooManyRequestsResponse", rated[-1]),
            (502, "BadGatewayResponse", self.chat(model="simulator/status-500")),
        ]:
            with self.subTest(status=status):
                self.assertEqual(answer.status_code, status, answer.text[:500])
                self.held(answer.json(), "Error", their)


if __name__ == "__main__":
    unittest.main()
