"""The `openrouter` package, whose types are OpenRouter's own description, against a running Conclave."""

import json
import unittest

import httpx
from openrouter import OpenRouter, errors, utils

import system

QUESTION = [{"role": "user", "content": "What are the strongest arguments for and against a carbon tax?"}]


def setUpModule():
    global running, client
    running = system.System()
    client = OpenRouter(api_key=system.KEY, server_url=running.http + "/api/v1", retry_config=None, timeout_ms=60000)


def tearDownModule():
    running.stop()


def events(stream):
    with stream as opened:
        return list(opened)


def fields(value):
    return value.model_dump(by_alias=True) if hasattr(value, "model_dump") else value


class FusionPages(unittest.TestCase):
    """The requests that OpenRouter's pages on fusion show, as they stand there."""

    def check(self, **ask):
        answer = client.chat.send(**{"messages": QUESTION, **ask})
        self.assertTrue(answer.choices[0].message.content)
        self.assertNotIn("fusion", answer.model)
        self.assertGreater(answer.usage.cost, 0)
        generation = client.generations.get_generation(id=answer.id).data
        self.assertEqual(generation.router, "openrouter/fusion")
        return answer

    def test_alias(self):
        self.check(model="openrouter/fusion")

    def test_forced_alias(self):
        self.check(model="openrouter/fusion", tool_choice="required")

    def test_flash(self):
        self.check(model="openrouter/fusion-flash")

    def test_plugin(self):
        self.check(
            model="openrouter/fusion",
            plugins=[
                {
                    "id": "fusion",
                    "enabled": True,
                    "preset": "general-high",
                    "analysis_models": ["~anthropic/claude-opus-latest", "~openai/gpt-latest"],
                    "model": "~openai/gpt-latest",
                    "max_tool_calls": 4,
                    "tools": [
                        {"type": "openrouter:web_search", "parameters": {"excluded_domains": ["example.com"]}},
                        {"type": "openrouter:web_fetch"},
                    ],
                }
            ],
        )

    def test_tool(self):
        self.check(
            model="~anthropic/claude-opus-latest",
            tools=[
                {
                    "type": "openrouter:fusion",
                    "parameters": {
                        "analysis_models": ["~openai/gpt-latest", "~google/gemini-pro-latest"],
                        "model": "~anthropic/claude-opus-latest",
                        "max_tool_calls": 4,
                        "max_completion_tokens": 16000,
                        "reasoning": {"effort": "high", "max_tokens": 8000},
                        "temperature": 0.7,
                        "tools": [{"type": "openrouter:web_search"}],
                        "cache_control": {"type": "ephemeral"},
                    },
                }
            ],
            tool_choice={"type": "openrouter:fusion"},
        )

    def test_bare_tool_that_is_forced(self):
        self.check(
            model="~anthropic/claude-opus-latest",
            tools=[{"type": "openrouter:fusion"}],
            tool_choice={"type": "openrouter:fusion"},
        )


class Chat(unittest.TestCase):
    def test_streamed(self):
        chunks = events(client.chat.send(model="openrouter/fusion", messages=QUESTION, stream=True))
        text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
        self.assertTrue(text)
        self.assertEqual([chunk.usage is not None for chunk in chunks].count(True), 1)
        self.assertIsNotNone(chunks[-1].usage)

    def test_streamed_plain(self):
        chunks = events(
            client.chat.send(model="simulator/model-a+words-12+pace-50", messages=QUESTION, stream=True)
        )
        self.assertGreater(len(chunks), 4)

    def test_metadata(self):
        answer = client.chat.send(model="openrouter/fusion", messages=QUESTION, x_open_router_metadata="enabled")
        self.assertEqual(fields(answer.openrouter_metadata)["strategy"], "fusion")

    def test_fallbacks(self):
        answer = client.chat.send(models=["simulator/status-503", "openai/gpt-4.1"], messages=QUESTION)
        self.assertEqual(answer.model, "openai/gpt-4.1")

    def test_provider_preferences(self):
        answer = client.chat.send(
            model="openai/gpt-5.5",
            messages=QUESTION,
            provider={"only": ["openai"], "data_collection": "allow", "max_price": {"prompt": "10", "completion": "50"}},
        )
        self.assertTrue(answer.choices[0].message.content)
        with self.assertRaises(errors.OpenRouterError):
            client.chat.send(model="openai/gpt-5.5", messages=QUESTION, provider={"ignore": ["openai", "openrouter"]})
        with self.assertRaises(errors.OpenRouterError):
            client.chat.send(
                model="openai/gpt-5.5", messages=QUESTION, provider={"max_price": {"prompt": "0.01"}}
            )

    def test_stop_server_tools_when(self):
        answer = client.chat.send(
            model="openrouter/fusion",
            messages=QUESTION,
            stop_server_tools_when=[{"type": "max_cost", "max_cost_in_dollars": 0.5}],
        )
        self.assertTrue(answer.choices[0].message.content)

    def test_function(self):
        answer = client.chat.send(
            model="openai/gpt-5.5",
            messages=[{"role": "user", "content": '[call get_weather {"city": "Oslo"}]'}],
            tools=[{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}],
        )
        call = answer.choices[0].message.tool_calls[0]
        self.assertEqual((call.function.name, json.loads(call.function.arguments)), ("get_weather", {"city": "Oslo"}))


class Responses(unittest.TestCase):
    def test_whole(self):
        answer = client.responses.send(model="openrouter/fusion", input="Tabs or spaces?")
        self.assertEqual(answer.status, "completed")
        item = fields(answer.output[0])
        self.assertEqual((item["type"], item["status"]), ("openrouter:fusion", "completed"))
        self.assertTrue(item["analysis"])

    def test_streamed(self):
        told = events(client.responses.send(model="openrouter/fusion", input="Tabs or spaces?", stream=True))
        types = [event.type for event in told]
        self.assertEqual(types[0], "response.created")
        self.assertEqual(types[-1], "response.completed")
        for name in [
            "in_progress", "panel.added", "panel.delta", "panel.completed", "analysis.in_progress",
            "analysis.completed", "completed",
        ]:
            self.assertIn("response.fusion_call." + name, types)
        # an event that does not hold to OpenRouter's description is read as unknown
        unknown = [fields(event) for event in told if getattr(event, "is_unknown", False)]
        self.assertEqual(unknown, [])

    def test_failed_member(self):
        told = events(
            client.responses.send(
                model="openrouter/fusion", input="[simulate panel/0/1 status-500] Tabs or spaces?", stream=True
            )
        )
        self.assertIn("response.fusion_call.panel.failed", [event.type for event in told])


class Others(unittest.TestCase):
    def test_models(self):
        page = client.models.list()
        data = page.result.data if hasattr(page, "result") else page.data
        self.assertIn("openrouter/fusion", [model.id for model in data])
        one = client.models.get(author="openai", slug="gpt-5.5").data
        self.assertEqual(one.pricing.prompt, "0.000005")

    def test_errors(self):
        with self.assertRaises(errors.BadRequestResponseError) as raised:
            client.chat.send(model="nobody/nothing", messages=QUESTION)
        self.assertIn("nobody/nothing", str(raised.exception))
        with self.assertRaises(errors.UnauthorizedResponseError):
            OpenRouter(api_key="sk-nobodys", server_url=running.http + "/api/v1").chat.send(
                model="openai/gpt-5.5", messages=QUESTION
            )
        with self.assertRaises(errors.BadGatewayResponseError):
            client.chat.send(model="simulator/status-500", messages=QUESTION)

    def test_429_is_tried_again(self):
        # once this is accepted the key's one place is taken
        accepted = httpx.post(
            running.http + "/api/v1/deliberations",
            json={"model": "simulator/model-a+latency-1500", "messages": QUESTION},
            headers={"Authorization": f"Bearer {system.NARROW}"},
        )
        self.assertEqual(accepted.status_code, 202)
        narrow = OpenRouter(api_key=system.NARROW, server_url=running.http + "/api/v1")
        with self.assertRaises(errors.TooManyRequestsResponseError):
            narrow.chat.send(model="openai/gpt-5.5", messages=QUESTION, retries=None)
        # of itself this package tries 5xx again alone
        patience = utils.RetryConfig(
            "backoff", utils.BackoffStrategy(200, 2000, 1.5, 20000), True, status_codes_override=["429"]
        )
        retried = OpenRouter(api_key=system.NARROW, server_url=running.http + "/api/v1", retry_config=patience)
        self.assertTrue(retried.chat.send(model="openai/gpt-5.5", messages=QUESTION).choices[0].message.content)


class Asynchronous(unittest.IsolatedAsyncioTestCase):
    async def test_all(self):
        answer = await client.chat.send_async(model="openrouter/fusion", messages=QUESTION)
        self.assertTrue(answer.choices[0].message.content)
        stream = await client.chat.send_async(model="openai/gpt-5.5", messages=QUESTION, stream=True)
        async with stream as opened:
            chunks = [chunk async for chunk in opened]
        self.assertIsNotNone(chunks[-1].usage)
        response = await client.responses.send_async(model="openai/gpt-5.5", input="Hello")
        self.assertEqual(response.status, "completed")


if __name__ == "__main__":
    unittest.main()
