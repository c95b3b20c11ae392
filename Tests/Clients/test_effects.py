"""What of a request reaches a provider, seen from the provider; and that every field of OpenRouter's and OpenAI's requests
is passed on, understood, refused, or listed in deploy/README.md as without effect."""

import http.server
import json
import re
import threading
import unittest

import httpx
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from openai.types.responses.response_create_params import ResponseCreateParamsBase
from openrouter import components

import system

ASK = {"model": "own/model", "messages": [{"role": "user", "content": "Tabs or spaces?"}]}
seen = []


class Provider(http.server.BaseHTTPRequestHandler):
    """Answers in either manner and remembers what it was asked. Offered to fetch pages, it fetches one."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        seen.append((self.server.name, asked))
        offered = [tool["function"]["name"] for tool in asked.get("tools", []) if tool["type"] == "function"]
        fetch = next((name for name in offered if "fetch" in name), None)
        message = {"role": "assistant", "content": "Tabs."}
        if fetch:
            function = {"name": fetch, "arguments": '{"url": "https://nowhere.invalid/"}'}
            message["tool_calls"] = [{"index": 0, "id": f"call-{len(seen)}", "type": "function", "function": function}]
        finish = "tool_calls" if fetch else "stop"
        answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
        usage = {"prompt_tokens": 1000, "completion_tokens": 1000, "total_tokens": 2000}
        if asked.get("stream"):
            chunks = [
                {**answer, "choices": [{"index": 0, "delta": message, "finish_reason": finish}]},
                {**answer, "choices": [], "usage": usage},
            ]
            body = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"
        else:
            choice = {"index": 0, "message": message, "finish_reason": finish}
            body = json.dumps({**answer, "choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if asked.get("stream") else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def setUpModule():
    global running
    document = system.configuration(keys=False)
    document["providers"] = {}
    # so the configuration says of a provider that it learns nothing from what it is asked, or keeps nothing of it
    for name, more in {"first": {}, "second": {"data_collection": "deny"}, "third": {"zdr": True}}.items():
        provider = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
        provider.name = name
        threading.Thread(target=provider.serve_forever, daemon=True).start()
        document["providers"][name] = {"base_url": f"http://127.0.0.1:{provider.server_port}/v1", **more}
    document["models"] = [
        {
            "slug": "own/model", "context": 100000, "price": {"input": 1.0, "output": 1.0},
            "via": [{"provider": name, "name": "model"} for name in ("first", "second", "third")],
        }
    ]
    document["presets"] = {}
    running = system.System(document)


def tearDownModule():
    running.stop()


def ask(path="/v1/chat/completions", **more):
    """The answer, and what the providers were asked for it."""
    seen.clear()
    body = {**ASK, **more}
    if path.endswith("responses"):
        body["input"] = body.pop("messages")
    answer = httpx.post(running.http + path, json=body, timeout=60)
    return answer, list(seen)


# as they are sent, and where they are told in another way
PASSED = {
    "temperature": 0.5, "top_p": 0.25, "top_k": 7, "min_p": 0.125, "top_a": 0.5, "max_completion_tokens": 77,
    "stop": ["never", "ever"], "seed": 7, "frequency_penalty": 0.5, "presence_penalty": -0.5, "repetition_penalty": 1.5,
    "logit_bias": {"5": 1}, "logprobs": True, "top_logprobs": 2, "reasoning_effort": "low", "verbosity": "low",
    "parallel_tool_calls": False, "user": "somebody", "service_tier": "default", "reasoning": {"effort": "low"},  # as reasoning_effort
    "response_format": {"type": "json_object"}, "max_tokens": 77,
}
UNDERSTOOD = {
    "messages", "input", "instructions", "model", "models", "tools", "tool_choice", "plugins", "provider", "metadata",
    "stream", "stop_server_tools_when", "text", "max_output_tokens",
}
REFUSED = {"n": 2, "store": True, "previous_response_id": "resp_1"}


class Passed(unittest.TestCase):
    def test_each_field_reaches_the_provider(self):
        for name, value in PASSED.items():
            with self.subTest(field=name):
                answer, asked = ask(**{name: value})
                self.assertEqual(answer.status_code, 200, answer.text[:300])
                self.assertEqual(len(asked), 1)
                told = asked[0][1]
                if name == "reasoning":
                    name, value = "reasoning_effort", value["effort"]
                other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}.get(name, name)
                self.assertEqual(told.get(name, told.get(other)), value)

    def test_responses(self):
        form = {"type": "json_schema", "name": "verdict", "schema": {"type": "object"}, "strict": True}
        _, asked = ask("/v1/responses", max_output_tokens=77, text={"format": form, "verbosity": "low"}, instructions="Be brief.")
        told = asked[0][1]
        self.assertEqual(told.get("max_completion_tokens", told.get("max_tokens")), 77)
        self.assertEqual(told["verbosity"], "low")
        self.assertEqual(told["response_format"]["json_schema"]["name"], "verdict")
        self.assertEqual(told["messages"][0], {"role": "system", "content": "Be brief."})

    def test_an_image(self):
        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
        _, asked = ask(messages=[{"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]}])
        self.assertIn(image, asked[0][1]["messages"][-1]["content"])


class Preferences(unittest.TestCase):
    def who(self, **provider):
        answer, asked = ask(provider=provider)
        self.assertEqual(answer.status_code, 200, answer.text[:300])
        return [name for name, _ in asked]

    def test_who_is_asked(self):
        self.assertEqual(self.who(), ["first"])
        self.assertEqual(self.who(order=["third", "first"]), ["third"])
        self.assertEqual(self.who(only=["second"]), ["second"])
        self.assertEqual(self.who(ignore=["first"]), ["second"])

    def test_who_keeps_what_is_asked(self):
        self.assertEqual(self.who(data_collection="allow"), ["first"])
        self.assertEqual(self.who(data_collection="deny"), ["second"])
        self.assertEqual(self.who(zdr=True), ["third"])


class ServerTools(unittest.TestCase):
    def test_they_stop_at_a_cost(self):
        tools = [{"type": "openrouter:web_fetch"}]
        _, free = ask(tools=tools)
        # each call costs 0.002: the first is over it, so that the next has no tools and answers
        answer, stopped = ask(
            tools=tools, stop_server_tools_when=[{"type": "max_cost", "max_cost_in_dollars": 0.001}]
        )
        self.assertEqual(answer.status_code, 200, answer.text[:300])
        self.assertTrue(answer.json()["choices"][0]["message"]["content"])
        self.assertGreater(len(free), len(stopped))
        self.assertEqual(len(stopped), 2)


class Table(unittest.TestCase):
    def test_every_field_is_told_of(self):
        readme = (system.ROOT / "deploy" / "README.md").read_text()
        part = readme.split("Accepted, and without effect:")[1].split("Refused:")[0]
        listed = set(re.findall(r"`\.?([a-z_.]+)", part))
        fields = set(CompletionCreateParamsBase.__annotations__) | set(ResponseCreateParamsBase.__annotations__)
        for kind in (components.ChatRequest, components.ResponsesRequest):
            fields |= {field.alias or name for name, field in kind.model_fields.items()}
        untold = fields - set(PASSED) - UNDERSTOOD - set(REFUSED) - listed
        self.assertEqual(untold, set(), "neither passed, understood, refused nor listed in deploy/README.md")
        theirs = {field.alias or name for name, field in components.ProviderPreferences.model_fields.items()}
        understood = {"only", "ignore", "order", "allow_fallbacks", "max_price", "data_collection", "zdr"}
        untold = {name for name in theirs - understood if f"provider.{name}" not in listed and name not in listed}
        self.assertEqual(untold, set())

    def test_refused(self):
        for name, value in REFUSED.items():
            with self.subTest(field=name):
                answer, asked = ask(**{name: value})
                self.assertEqual((answer.status_code, asked), (400, []))
                self.assertIn(name, answer.text)


if __name__ == "__main__":
    unittest.main()
