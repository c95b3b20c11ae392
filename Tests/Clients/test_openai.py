"""The `openai` package against a running Conclave: every form of asking, streamed and not, sync and async."""

import asyncio
import json
import threading
import time
import unittest

import httpx
import openai
from pydantic import BaseModel

import system

QUESTION = [{"role": "user", "content": "Should a small team run its own mail server?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
FUSION_TOOL = {"type": "openrouter:fusion", "parameters": {"analysis_models": ["openai/gpt-5.5", "openai/gpt-4.1"]}}


def setUpModule():
    global running, client, aclient
    running = system.System()
    client = openai.OpenAI(base_url=running.http + "/v1", api_key=system.KEY, max_retries=0, timeout=60)
    aclient = openai.AsyncOpenAI(base_url=running.http + "/v1", api_key=system.KEY, max_retries=0, timeout=60)


def tearDownModule():
    running.stop()


def whole(stream):
    """Text, finish reason, last usage, fusion and progress of a stream of chunks."""
    text, finish, usage, fusion, events, tools = "", None, None, None, [], {}
    for chunk in stream:
        extra = chunk.model_extra or {}
        usage = chunk.usage or usage
        fusion = extra.get("fusion", fusion)
        if "fusion_event" in extra:
            events.append(extra["fusion_event"])
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
            for call in choice.delta.tool_calls or []:
                known = tools.setdefault(call.index, {"name": "", "arguments": "", "id": ""})
                known["id"] = call.id or known["id"]
                known["name"] = call.function.name or known["name"]
                known["arguments"] += call.function.arguments or ""
    return {"text": text, "finish": finish, "usage": usage, "fusion": fusion, "events": events, "tools": tools}


class Whole(unittest.TestCase):
    def check(self, completion, fused):
        self.assertTrue(completion.id.startswith("gen-"))
        self.assertTrue(completion.choices[0].message.content)
        self.assertEqual(completion.choices[0].finish_reason, "stop")
        self.assertNotIn("fusion", completion.model)
        self.assertGreater(completion.usage.total_tokens, 0)
        fusion = (completion.model_extra or {}).get("fusion")
        self.assertEqual(fusion is not None, fused)
        if fused:
            self.assertEqual(fusion["status"], "ok")
            self.assertEqual(
                sorted(fusion["analysis"]),
                ["blind_spots", "consensus", "contradictions", "partial_coverage", "unique_insights"],
            )
        return fusion

    def test_alias(self):
        fusion = self.check(client.chat.completions.create(model="openrouter/fusion", messages=QUESTION), True)
        self.assertEqual(
            [response["model"] for response in fusion["responses"]],
            ["~anthropic/claude-opus-latest", "~openai/gpt-latest", "~google/gemini-pro-latest"],
        )

    def test_flash(self):
        self.check(client.chat.completions.create(model="openrouter/fusion-flash", messages=QUESTION), True)

    def test_conclave_alias(self):
        self.check(client.chat.completions.create(model="conclave/fusion", messages=QUESTION), True)

    def test_bypass(self):
        self.check(
            client.chat.completions.create(model="openrouter/fusion", messages=QUESTION, tool_choice="none"), False
        )

    def test_forced_tool(self):
        fusion = self.check(
            client.chat.completions.create(
                model="openai/gpt-5.5",
                messages=QUESTION,
                tools=[FUSION_TOOL],
                tool_choice={"type": "openrouter:fusion"},
            ),
            True,
        )
        self.assertEqual([r["model"] for r in fusion["responses"]], ["openai/gpt-5.5", "openai/gpt-4.1"])

    def test_tool_left_alone(self):
        self.check(
            client.chat.completions.create(
                model="openai/gpt-5.5",
                messages=[{"role": "user", "content": "[no fusion] Hello"}],
                tools=[FUSION_TOOL],
            ),
            False,
        )

    def test_plugin(self):
        self.check(
            client.chat.completions.create(
                model="openrouter/fusion",
                messages=QUESTION,
                extra_body={"plugins": [{"id": "fusion", "analysis_models": ["openai/gpt-5.5", "openai/gpt-5.5"]}]},
            ),
            True,
        )

    def test_plain(self):
        answer = client.chat.completions.create(
            model="openai/gpt-5.5",
            messages=[
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [{"type": "text", "text": "Hello"}, {"type": "text", "text": "there"}]},
            ],
            stop=["never"],
            seed=7,
            n=1,
            max_completion_tokens=100,
            user="somebody",
            metadata={"job": "7"},
        )
        self.check(answer, False)
        self.assertEqual(answer.model, "openai/gpt-5.5")

    def test_fallback(self):
        answer = client.chat.completions.create(
            model="simulator/status-503",
            messages=QUESTION,
            extra_body={"models": ["openai/gpt-4.1"]},
        )
        self.assertEqual(answer.model, "openai/gpt-4.1")

    def test_function_and_its_result(self):
        asked = {"role": "user", "content": '[call get_weather {"city": "Oslo"}]'}
        first = client.chat.completions.create(model="openai/gpt-5.5", messages=[asked], tools=[WEATHER])
        self.assertEqual(first.choices[0].finish_reason, "tool_calls")
        call = first.choices[0].message.tool_calls[0]
        self.assertEqual((call.function.name, json.loads(call.function.arguments)), ("get_weather", {"city": "Oslo"}))
        second = client.chat.completions.create(
            model="openai/gpt-5.5",
            messages=[
                asked,
                first.choices[0].message.model_dump(exclude_none=True),
                {"role": "tool", "tool_call_id": call.id, "content": "Rain, 4 degrees"},
            ],
            tools=[WEATHER],
        )
        self.check(second, False)

    def test_function_beside_fusion(self):
        first = client.chat.completions.create(
            model="openai/gpt-5.5",
            messages=[{"role": "user", "content": '[call get_weather {"city": "Oslo"}]'}],
            tools=[WEATHER, FUSION_TOOL],
        )
        self.assertEqual(first.choices[0].finish_reason, "tool_calls")
        self.assertEqual(first.choices[0].message.tool_calls[0].function.name, "get_weather")

    def test_schema(self):
        class Verdict(BaseModel):
            verdict: str
            reasons: list[str]

        parsed = client.chat.completions.parse(model="openai/gpt-5.5", messages=QUESTION, response_format=Verdict)
        self.assertIsInstance(parsed.choices[0].message.parsed, Verdict)

    def test_metadata(self):
        answer = client.chat.completions.create(
            model="openrouter/fusion", messages=QUESTION, extra_headers={"X-OpenRouter-Metadata": "enabled"}
        )
        told = answer.model_extra["openrouter_metadata"]
        self.assertEqual((told["requested"], told["strategy"]), ("openrouter/fusion", "fusion"))

    def test_request_id(self):
        answer = client.chat.completions.create(
            model="openai/gpt-5.5", messages=QUESTION, extra_headers={"X-Request-Id": "mine-7"}
        )
        self.assertEqual(answer._request_id, "mine-7")

    def test_models(self):
        models = [model.id for model in client.models.list()]
        self.assertIn("openrouter/fusion", models)
        self.assertIn("openai/gpt-5.5", models)

    def test_idempotency_key(self):
        def ask(text):
            return client.chat.completions.create(
                model="openai/gpt-5.5",
                messages=[{"role": "user", "content": text}],
                extra_headers={"Idempotency-Key": "a-key-of-mine"},
            )

        first = ask("once")
        self.assertEqual(ask("once").id, first.id)
        with self.assertRaises(openai.UnprocessableEntityError):
            ask("something else")


class Streamed(unittest.TestCase):
    def test_fusion(self):
        told = whole(client.chat.completions.create(model="openrouter/fusion", messages=QUESTION, stream=True))
        self.assertTrue(told["text"])
        self.assertEqual(told["finish"], "stop")
        self.assertGreater(told["usage"].total_tokens, 0)
        self.assertEqual(told["fusion"]["status"], "ok")
        types = [event["type"] for event in told["events"]]
        self.assertEqual(types.count("member_answered"), 3)
        for one in ["panel_dispatched", "panel_sealed", "analysis_done", "answering"]:
            self.assertEqual(types.count(one), 1, types)
        answered = next(event for event in told["events"] if event["type"] == "member_answered")
        self.assertIn("ms", answered)
        self.assertIn("cost", answered)

    def test_same_as_whole(self):
        asked = dict(model="openrouter/fusion", messages=[{"role": "user", "content": "Same twice?"}])
        streamed = whole(client.chat.completions.create(stream=True, **asked))
        answer = client.chat.completions.create(**asked)
        self.assertEqual(streamed["text"], answer.choices[0].message.content)
        self.assertEqual(streamed["usage"].total_tokens, answer.usage.total_tokens)

    def test_plain_comes_in_pieces(self):
        chunks = list(
            client.chat.completions.create(
                model="simulator/model-a+words-12+pace-20",
                messages=QUESTION,
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        pieces = [c for c in chunks if c.choices and c.choices[0].delta.content]
        self.assertGreater(len(pieces), 4)
        self.assertEqual(pieces[0].choices[0].delta.role, "assistant")
        self.assertIsNotNone(chunks[-1].usage)
        self.assertEqual(chunks[-1].choices, [])

    def test_outer_model_that_answers_alone(self):
        told = whole(
            client.chat.completions.create(
                model="simulator/model-a+words-12+pace-50",
                messages=[{"role": "user", "content": "[no fusion] Hello"}],
                tools=[FUSION_TOOL],
                stream=True,
            )
        )
        self.assertTrue(told["text"])
        self.assertIsNone(told["fusion"])

    def test_outer_model_that_asks_the_panel(self):
        told = whole(
            client.chat.completions.create(
                model="openai/gpt-5.5",
                messages=[{"role": "user", "content": "[use fusion] Hello"}],
                tools=[FUSION_TOOL],
                stream=True,
            )
        )
        self.assertEqual(told["fusion"]["status"], "ok")
        self.assertIn("decided", [event["type"] for event in told["events"]])

    def test_functions(self):
        told = whole(
            client.chat.completions.create(
                model="openai/gpt-5.5",
                messages=[{"role": "user", "content": '[call get_weather {"city": "Oslo"}]'}],
                tools=[WEATHER],
                stream=True,
            )
        )
        self.assertEqual(told["finish"], "tool_calls")
        self.assertEqual(told["tools"][0]["name"], "get_weather")
        self.assertEqual(json.loads(told["tools"][0]["arguments"]), {"city": "Oslo"})
        self.assertTrue(told["tools"][0]["id"])

    def test_a_failure_in_the_midst_is_raised(self):
        with self.assertRaises(openai.APIError) as raised:
            whole(
                client.chat.completions.create(
                    model="simulator/model-a+error-mid-stream+words-40", messages=QUESTION, stream=True
                )
            )
        self.assertTrue(str(raised.exception))

    def test_helper(self):
        with client.chat.completions.stream(model="openai/gpt-5.5", messages=QUESTION) as stream:
            stream.until_done()
            self.assertTrue(stream.get_final_completion().choices[0].message.content)

    def test_hang_up_cancels(self):
        stream = client.chat.completions.create(
            model="simulator/model-a+words-400+pace-5", messages=QUESTION, stream=True
        )
        first = next(iter(stream))
        stream.close()
        answer = self.ended(first.id)
        self.assertEqual(answer["status"], "cancelled")

    def ended(self, id):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            answer = client.get(f"/deliberations/{id}", cast_to=object)
            if answer["status"] != "open":
                return answer
            threading.Event().wait(0.05)
        self.fail("it does not end")


class Responses(unittest.TestCase):
    def test_whole(self):
        answer = client.responses.create(model="openrouter/fusion", input="Tabs or spaces?")
        self.assertEqual(answer.status, "completed")
        self.assertTrue(answer.output_text)
        items = [item if isinstance(item, dict) else item.model_dump() for item in answer.output]
        self.assertEqual([item["type"] for item in items], ["openrouter:fusion", "message"])
        self.assertEqual(items[0]["status"], "completed")

    def test_streamed(self):
        events = list(client.responses.create(model="openrouter/fusion", input="Tabs or spaces?", stream=True))
        types = [event.type for event in events]
        self.assertEqual(types[:2], ["response.created", "response.in_progress"])
        self.assertEqual(types[-1], "response.completed")
        for name in ["in_progress", "panel.added", "panel.completed", "analysis.in_progress", "completed"]:
            self.assertIn("response.fusion_call." + name, types)
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        self.assertEqual(text, events[-1].response.output_text)

    def test_helper(self):
        with client.responses.stream(model="openai/gpt-5.5", input="Hello") as stream:
            for _ in stream:
                pass
            self.assertTrue(stream.get_final_response().output_text)

    def test_next_turn(self):
        first = client.responses.create(model="openrouter/fusion", input="Tabs or spaces?")
        turn = [{"role": "user", "content": "Tabs or spaces?"}]
        turn += [item if isinstance(item, dict) else item.model_dump(exclude_none=True) for item in first.output]
        turn.append({"role": "user", "content": "And why?"})
        self.assertTrue(client.responses.create(model="openai/gpt-5.5", input=turn).output_text)

    def test_functions(self):
        tool = {"type": "function", "name": "get_weather", "parameters": WEATHER["function"]["parameters"]}
        asked = '[call get_weather {"city": "Oslo"}]'
        for stream in [False, True]:
            answer = client.responses.create(model="openai/gpt-5.5", input=asked, tools=[tool], stream=stream)
            if stream:
                events = list(answer)
                self.assertIn("response.function_call_arguments.done", [event.type for event in events])
                answer = events[-1].response
            call = next(item for item in answer.output if item.type == "function_call")
            self.assertEqual((call.name, json.loads(call.arguments)), ("get_weather", {"city": "Oslo"}))


class Errors(unittest.TestCase):
    def status(self, kind, **ask):
        with self.assertRaises(kind) as raised:
            client.chat.completions.create(**{"model": "openai/gpt-5.5", "messages": QUESTION, **ask})
        return raised.exception

    def test_400(self):
        self.assertIn("messages", str(self.status(openai.BadRequestError, messages=[])))
        self.assertIn("nobody/nothing", str(self.status(openai.BadRequestError, model="nobody/nothing")))
        self.assertIn("n must be 1", str(self.status(openai.BadRequestError, n=2)))
        self.assertIn("store", str(self.status(openai.BadRequestError, store=True)))
        unknown = {"plugins": [{"id": "fusion", "anlysis_models": []}]}
        self.assertIn(
            "anlysis_models", str(self.status(openai.BadRequestError, model="openrouter/fusion", extra_body=unknown))
        )

    def test_401(self):
        with self.assertRaises(openai.AuthenticationError):
            openai.OpenAI(base_url=running.http + "/v1", api_key="sk-nobodys").models.list()

    def test_402(self):
        self.status(
            openai.APIStatusError,
            model="openrouter/fusion",
            extra_body={"plugins": [{"id": "fusion", "max_cost": 0.0000001}]},
        )

    def test_404(self):
        with self.assertRaises(openai.NotFoundError):
            client.get("/nothing/here", cast_to=object)
        with self.assertRaises(openai.NotFoundError):
            client.get("/deliberations/gen-nobody", cast_to=object)

    def test_upstream(self):
        self.assertIsInstance(self.status(openai.InternalServerError, model="simulator/status-500"), openai.APIError)

    def test_upstream_before_a_stream(self):
        with self.assertRaises(openai.APIError):
            list(client.chat.completions.create(model="simulator/status-500", messages=QUESTION, stream=True))

    def test_429_is_tried_again(self):
        slow = {"model": "simulator/model-a+latency-1500", "messages": QUESTION}
        narrow = openai.OpenAI(base_url=running.http + "/v1", api_key=system.NARROW, max_retries=0, timeout=60)
        # once this is accepted the key's one place is taken
        narrow.post("/deliberations", body=slow, cast_to=object)
        with self.assertRaises(openai.RateLimitError) as raised:
            narrow.chat.completions.create(model="openai/gpt-5.5", messages=QUESTION)
        self.assertGreaterEqual(int(raised.exception.response.headers["retry-after"]), 1)
        patient = narrow.with_options(max_retries=6)
        answer = patient.chat.completions.create(model="openai/gpt-5.5", messages=QUESTION)
        self.assertTrue(answer.choices[0].message.content)

    def test_another_tenants_deliberation_is_not_there(self):
        mine = client.chat.completions.create(model="openai/gpt-5.5", messages=QUESTION)
        theirs = openai.OpenAI(base_url=running.http + "/v1", api_key=system.OTHER, max_retries=0)
        for path in [f"/deliberations/{mine.id}", f"/deliberations/{mine.id}/events", f"/generation?id={mine.id}"]:
            self.assertTrue(client.get(path, cast_to=object))
            with self.assertRaises(openai.NotFoundError):
                theirs.get(path, cast_to=object)
        with self.assertRaises(openai.NotFoundError):
            theirs.delete(f"/deliberations/{mine.id}", cast_to=object)


class Deliberations(unittest.TestCase):
    def test_asked_for_and_read_later(self):
        accepted = client.post(
            "/deliberations", body={"model": "openrouter/fusion", "messages": QUESTION}, cast_to=object
        )
        self.assertEqual(accepted["status"], "open")
        id = accepted["id"]
        with httpx.stream(
            "GET",
            f"{running.http}/v1/deliberations/{id}/events",
            headers={"Accept": "text/event-stream", "Authorization": f"Bearer {system.KEY}"},
            timeout=60,
        ) as events:
            names = [line[7:] for line in events.iter_lines() if line.startswith("event: ")]
        self.assertIn("conclave.panel.assembled.v1", names)
        self.assertEqual(names[-1], "conclave.deliberation.completed.v1")
        answer = client.get(f"/deliberations/{id}", cast_to=object)
        self.assertEqual(answer["status"], "completed")
        self.assertEqual(answer["result"]["fusion"]["status"], "ok")
        told = client.get(f"/deliberations/{id}/events", cast_to=object)
        self.assertGreater(len(told["events"]), 5)
        generation = client.get(f"/generation?id={id}", cast_to=object)["data"]
        self.assertEqual(generation["router"], "openrouter/fusion")
        # it has ended: nothing is left to cancel
        self.assertEqual(client.delete(f"/deliberations/{id}", cast_to=object)["status"], "completed")

    def test_cancelled(self):
        accepted = client.post(
            "/deliberations", body={"model": "simulator/model-a+latency-20000", "messages": QUESTION}, cast_to=object
        )
        self.assertEqual(client.delete(f"/deliberations/{accepted['id']}", cast_to=object)["status"], "open")
        self.assertEqual(Streamed.ended(self, accepted["id"])["status"], "cancelled")


class Asynchronous(unittest.IsolatedAsyncioTestCase):
    async def test_many_at_once(self):
        async with openai.AsyncOpenAI(base_url=running.http + "/v1", api_key=system.KEY, max_retries=0) as own:

            async def one(number):
                text = ""
                ask = [{"role": "user", "content": f"Number {number}"}]
                model = "openrouter/fusion" if number % 4 == 0 else "openai/gpt-5.5"
                async for chunk in await own.chat.completions.create(model=model, messages=ask, stream=True):
                    for choice in chunk.choices:
                        text += choice.delta.content or ""
                return text

            self.assertTrue(all(await asyncio.gather(*[one(number) for number in range(24)])))

            answer = await own.chat.completions.create(model="openrouter/fusion", messages=QUESTION)
            self.assertEqual(answer.model_extra["fusion"]["status"], "ok")
            response = await own.responses.create(model="openrouter/fusion", input="Tabs or spaces?")
            self.assertTrue(response.output_text)
            events = [e async for e in await own.responses.create(model="openai/gpt-5.5", input="Hi", stream=True)]
            self.assertEqual(events[-1].type, "response.completed")
            with self.assertRaises(openai.BadRequestError):
                await own.chat.completions.create(model="nobody/nothing", messages=QUESTION)


if __name__ == "__main__":
    unittest.main()
