"""LangChain, Pydantic AI and LiteLLM against a running Conclave: another base URL is all that they need."""

import asyncio
import unittest

import system

QUESTION = "Should a small team run its own mail server?"


def setUpModule():
    global running
    running = system.System()


def tearDownModule():
    running.stop()


class LangChain(unittest.TestCase):
    def model(self, name="openrouter/fusion"):
        from langchain_openai import ChatOpenAI

        return ChatOpenAI(model=name, base_url=running.http + "/v1", api_key=system.KEY, timeout=60)

    def test_asked(self):
        answer = self.model().invoke(QUESTION)
        self.assertTrue(answer.content)
        self.assertGreater(answer.usage_metadata["total_tokens"], 0)

    def test_streamed(self):
        self.assertTrue("".join(piece.content for piece in self.model().stream(QUESTION)))

    def test_tools(self):
        from langchain_core.tools import tool

        @tool
        def get_weather(city: str) -> str:
            """The weather of a city."""
            return "Rain"

        answer = self.model("openai/gpt-5.5").bind_tools([get_weather]).invoke('[call get_weather {"city": "Oslo"}]')
        self.assertEqual(answer.tool_calls[0]["args"], {"city": "Oslo"})

    def test_structure(self):
        from pydantic import BaseModel

        class Verdict(BaseModel):
            verdict: str

        self.assertIsInstance(self.model("openai/gpt-5.5").with_structured_output(Verdict).invoke(QUESTION), Verdict)


class PydanticAI(unittest.TestCase):
    def agent(self, name="openrouter/fusion", **more):
        from pydantic_ai import Agent
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        provider = OpenAIProvider(base_url=running.http + "/v1", api_key=system.KEY)
        return Agent(OpenAIChatModel(name, provider=provider), **more)

    def test_asked(self):
        self.assertTrue(self.agent().run_sync(QUESTION).output)

    def test_streamed(self):
        async def run():
            async with self.agent().run_stream(QUESTION) as answer:
                return "".join([piece async for piece in answer.stream_text(delta=True)])

        self.assertTrue(asyncio.run(run()))

    def test_tools(self):
        agent = self.agent("openai/gpt-5.5")
        called = []

        @agent.tool_plain
        def get_weather(city: str) -> str:
            """The weather of a city."""
            called.append(city)
            return "Rain, 4 degrees"

        self.assertTrue(agent.run_sync('[call get_weather {"city": "Oslo"}]').output)
        self.assertEqual(called[:1], ["Oslo"])


class LiteLLM(unittest.TestCase):
    def ask(self, model="openai/openrouter/fusion", **more):
        import litellm

        return litellm.completion(
            model=model, messages=[{"role": "user", "content": QUESTION}], api_key=system.KEY, timeout=60,
            **{"api_base": running.http + "/v1", **more},
        )

    def test_asked(self):
        self.assertTrue(self.ask().choices[0].message.content)

    def test_streamed(self):
        text = "".join(chunk.choices[0].delta.content or "" for chunk in self.ask(stream=True))
        self.assertTrue(text)

    def test_as_openrouter(self):
        answer = self.ask("openrouter/openai/gpt-5.5", api_base=running.http + "/api/v1")
        self.assertTrue(answer.choices[0].message.content)

    def test_errors(self):
        import litellm

        with self.assertRaises(litellm.exceptions.BadRequestError):
            self.ask("openai/nobody/nothing")


if __name__ == "__main__":
    unittest.main()
