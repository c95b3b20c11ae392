"""Every form of asking × both packages × chat completions and Responses × streamed and not × sync and async; and the
errors that each package makes of what goes wrong."""

import asyncio
import concurrent.futures
import contextlib
import unittest

import openai
from openrouter import OpenRouter, errors, utils

import system

PLAIN = "openai/gpt-5.5"
ANSWERING = "anthropic/claude-opus-4.8"
TEXT = "Should a small team run its own mail server?"
PANEL = ["openai/gpt-4.1", "google/gemini-2.5-pro"]
FUSION = {"type": "openrouter:fusion", "parameters": {"analysis_models": PANEL}}
PLUGIN = {"id": "fusion", "analysis_models": PANEL, "model": "openai/gpt-5.2"}
QUALITY = ["~anthropic/claude-opus-latest", "~openai/gpt-latest", "~google/gemini-pro-latest"]
FAST = ["~google/gemini-flash-latest", "deepseek/deepseek-v4-flash", "~moonshotai/kimi-latest"]
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SCHEMA = {
    "type": "object", "properties": {"verdict": {"type": "string"}}, "required": ["verdict"], "additionalProperties": False,
}
# a white pixel
IMAGE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg=="
)


class Form:
    """What is asked, and what must come of it: the answering model, whose answers stand in the fusion (nil: no panel sat)."""

    def __init__(self, model, answered=None, panel=None, text=TEXT, call=None, functions=False, image=False, schema=False, **more):
        self.model, self.answered, self.panel, self.call = model, answered or model, panel, call
        self.text, self.functions, self.image, self.schema, self.more = text, functions, image, schema, more

    def chat(self):
        content = [{"type": "text", "text": self.text}] + [{"type": "image_url", "image_url": {"url": IMAGE}}]
        body = {"model": self.model, "messages": [{"role": "user", "content": content if self.image else self.text}]}
        body.update({name: value for name, value in self.more.items() if name != "tools"})
        tools = list(self.more.get("tools", []))
        if self.functions:
            tools.append({"type": "function", "function": {"name": "get_weather", "parameters": CITY}})
        if tools:
            body["tools"] = tools
        if self.schema:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": SCHEMA, "strict": True}}
        return body

    def responses(self):
        content = [{"type": "input_text", "text": self.text}]
        content += [{"type": "input_image", "image_url": IMAGE, "detail": "auto"}] if self.image else []
        body = {"model": self.model, "input": [{"role": "user", "content": content}]}
        body.update({name: value for name, value in self.more.items() if name != "tools"})
        tools = list(self.more.get("tools", []))
        if self.functions:
            tools.append({"type": "function", "name": "get_weather", "parameters": CITY, "strict": False})
        if tools:
            body["tools"] = tools
        if self.schema:
            body["text"] = {"format": {"type": "json_schema", "name": "verdict", "schema": SCHEMA, "strict": True}}
        return body


FORMS = {
    "alias": Form("openrouter/fusion", ANSWERING, QUALITY),
    "alias that is forced": Form("openrouter/fusion", ANSWERING, QUALITY, tool_choice="required"),
    "a variant of the alias": Form("openrouter/fusion:free", ANSWERING, QUALITY),
    "alias that is bypassed": Form("openrouter/fusion", ANSWERING, tool_choice="none"),
    "flash": Form("openrouter/fusion-flash", "anthropic/claude-sonnet-4.6", FAST),
    "alias and plugin": Form("openrouter/fusion", "openai/gpt-5.2", PANEL, plugins=[PLUGIN]),
    "plugin on a model": Form(PLAIN, PLAIN, PANEL, text="[use fusion] " + TEXT, plugins=[PLUGIN]),
    "tool that is forced": Form(PLAIN, PLAIN, PANEL, tools=[FUSION], tool_choice={"type": "openrouter:fusion"}),
    "tool that is used": Form(PLAIN, PLAIN, PANEL, text="[use fusion] " + TEXT, tools=[FUSION]),
    "tool that is left alone": Form(PLAIN, text="[no fusion] " + TEXT, tools=[FUSION]),
    "one model": Form(PLAIN),
    "newest of a family": Form("~openai/gpt-latest", PLAIN),
    "fallback": Form("simulator/status-503", "openai/gpt-4.1", models=["openai/gpt-4.1"]),
    "function": Form(PLAIN, text='[call get_weather {"city": "Oslo"}]', functions=True, call="get_weather"),
    "function beside fusion": Form(
        PLAIN, text='[call get_weather {"city": "Oslo"}]', functions=True, tools=[FUSION], call="get_weather"
    ),
    "text and an image": Form(PLAIN, image=True),
    "by a schema": Form(PLAIN, schema=True),
}


def setUpModule():
    global running, keyed
    document = system.configuration()
    # offered to nobody: its provider has no key
    document["providers"]["keyless"] = {"base_url": "http://127.0.0.1:1/v1", "key_env": "NOBODY_HAS_THIS_KEY"}
    document["models"].append({"slug": "keyless/model", "context": 1000, "via": [{"provider": "keyless"}]})
    running = system.System(document)
    # while a provider's key is set no simulator stands in, and this model's provider has none
    keyed = system.System(document, {"OPENROUTER_API_KEY": "sk-nobody-is-asked"})


def tearDownModule():
    running.stop()
    keyed.stop()


def fields(value):
    return value.model_dump(by_alias=True) if hasattr(value, "model_dump") else value


class Told:
    """What an answer says, in whatever shape it came."""

    def __init__(self):
        self.model, self.text, self.calls, self.fusion, self.cost, self.total = None, "", [], None, None, 0

    def usage(self, usage):
        usage = fields(usage) or {}
        self.cost, self.total = usage.get("cost"), usage.get("total_tokens", 0)

    def completion(self, answer):
        message = fields(answer.choices[0].message)
        self.model, self.text = answer.model, message.get("content") or ""
        self.calls = [call["function"]["name"] for call in message.get("tool_calls") or []]
        self.fusion = (getattr(answer, "model_extra", None) or {}).get("fusion")
        self.usage(answer.usage)
        return self

    def chunks(self, chunks):
        for chunk in chunks:
            extra = getattr(chunk, "model_extra", None) or {}
            self.model, self.fusion = chunk.model or self.model, extra.get("fusion", self.fusion)
            if chunk.usage:
                self.usage(chunk.usage)
            for choice in chunk.choices:
                delta = fields(choice.delta)
                self.text += delta.get("content") or ""
                self.calls += [
                    call["function"]["name"] for call in delta.get("tool_calls") or [] if (call.get("function") or {}).get("name")
                ]
        return self

    def response(self, answer):
        assert answer.status == "completed", answer
        self.model = answer.model
        for item in map(fields, answer.output):
            if item["type"] == "openrouter:fusion":
                self.fusion = item
            elif item["type"] == "function_call":
                self.calls.append(item["name"])
            elif item["type"] == "message":
                self.text += "".join(part.get("text") or "" for part in item["content"])
        self.usage(answer.usage)
        return self

    def events(self, events):
        assert events[-1].type == "response.completed", events[-1]
        unknown = [event for event in events if getattr(event, "is_unknown", False)]
        assert not unknown, unknown
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        self.response(events[-1].response)
        assert text == self.text, (text, self.text)
        return self


def openai_client(kind=openai.OpenAI, key=system.KEY, retries=0, of=None):
    return kind(base_url=(of or running).http + "/v1", api_key=key, max_retries=retries, timeout=120)


def openrouter_client(key=system.KEY, retry=None, of=None):
    return OpenRouter(api_key=key, server_url=(of or running).http + "/api/v1", retry_config=retry, timeout_ms=120000)


# what the openai package knows as arguments; all else goes as `extra_body`
KNOWN = {"model", "messages", "input", "tools", "tool_choice", "response_format", "text", "stream"}


def own(body):
    extra = {name: value for name, value in body.items() if name not in KNOWN}
    return {**{name: value for name, value in body.items() if name in KNOWN}, **({"extra_body": extra} if extra else {})}


def drained(stream):
    with contextlib.ExitStack() as stack:
        return list(stack.enter_context(stream) if hasattr(stream, "__enter__") else stream)


async def adrained(stream):
    async with stream as opened:
        return [one async for one in opened]


def ask(package, api, streamed, body):
    """Asks with a client that waits."""
    if package == "openai":
        client = openai_client()
        send = client.chat.completions.create if api == "chat" else client.responses.create
        answer = send(stream=streamed, **own(body))
    else:
        client = openrouter_client()
        answer = (client.chat if api == "chat" else client.responses).send(stream=streamed, **body)
    told = Told()
    if streamed:
        pieces = drained(answer)
        return told.chunks(pieces) if api == "chat" else told.events(pieces)
    return told.completion(answer) if api == "chat" else told.response(answer)


async def aask(package, api, streamed, body, clients):
    if package == "openai":
        send = clients[0].chat.completions.create if api == "chat" else clients[0].responses.create
        answer = await send(stream=streamed, **own(body))
    else:
        answer = await (clients[1].chat if api == "chat" else clients[1].responses).send_async(stream=streamed, **body)
    told = Told()
    if streamed:
        pieces = await adrained(answer)
        return told.chunks(pieces) if api == "chat" else told.events(pieces)
    return told.completion(answer) if api == "chat" else told.response(answer)


CASES = [
    (name, package, api, streamed)
    for name in FORMS
    for package in ("openai", "openrouter")
    for api in ("chat", "responses")
    for streamed in (False, True)
    # OpenRouter's types for Responses know no choice of a server tool
    if not (name == "tool that is forced" and package == "openrouter" and api == "responses")
]


class Forms(unittest.TestCase):
    def body(self, name, api):
        return FORMS[name].chat() if api == "chat" else FORMS[name].responses()

    def check(self, case, told):
        name, package, api, _ = case
        form = FORMS[name]
        self.assertEqual(told.model, form.answered)
        self.assertGreater(told.total, 0)
        self.assertGreater(told.cost, 0)
        if form.call:
            self.assertEqual(told.calls, [form.call])
        else:
            self.assertTrue(told.text)
            self.assertEqual(told.calls, [])
        # a `fusion` beside the message is ours, and OpenRouter's types know nothing of it
        if api == "responses" or package == "openai":
            models = [one["model"] for one in told.fusion["responses"]] if told.fusion else None
            self.assertEqual(models, form.panel)
            if form.panel:
                self.assertTrue(told.fusion["analysis"])

    def test_sync(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            asked = {
                case: pool.submit(ask, case[1], case[2], case[3], self.body(case[0], case[2])) for case in CASES
            }
            for case, answer in asked.items():
                with self.subTest(case=case):
                    self.check(case, answer.result())

    def test_async(self):
        async def every():
            room = asyncio.Semaphore(8)
            async with openai_client(openai.AsyncOpenAI) as first, openrouter_client() as second:

                async def one(case):
                    async with room:
                        return await aask(case[1], case[2], case[3], self.body(case[0], case[2]), (first, second))

                return await asyncio.gather(*[one(case) for case in CASES], return_exceptions=True)

        for case, answer in zip(CASES, asyncio.run(every())):
            with self.subTest(case=case):
                if isinstance(answer, BaseException):
                    raise answer
                self.check(case, answer)


class ToolFollowUp(unittest.TestCase):
    """A function's call and what it said, with OpenRouter's package, streamed and not."""

    def test_openrouter(self):
        client = openrouter_client()
        asked = {"role": "user", "content": '[call get_weather {"city": "Oslo"}]'}
        tools = [{"type": "function", "function": {"name": "get_weather", "parameters": CITY}}]
        first = client.chat.send(model=PLAIN, messages=[asked], tools=tools)
        call = first.choices[0].message.tool_calls[0]
        pieces = drained(client.chat.send(model=PLAIN, messages=[asked], tools=tools, stream=True))
        calls = [call for chunk in pieces for choice in chunk.choices for call in choice.delta.tool_calls or []]
        arguments = "".join((one.function and one.function.arguments) or "" for one in calls)
        self.assertEqual(arguments, call.function.arguments)
        turn = [
            asked,
            {
                "role": "assistant", "content": None,
                "tool_calls": [
                    {
                        "id": call.id, "type": "function",
                        "function": {"name": call.function.name, "arguments": call.function.arguments},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": call.id, "content": "Rain, 4 degrees"},
        ]
        for stream in (False, True):
            answer = client.chat.send(model=PLAIN, messages=turn, tools=tools, stream=stream)
            told = Told().chunks(drained(answer)) if stream else Told().completion(answer)
            self.assertTrue(told.text)
            self.assertEqual(told.calls, [])


SLOW = "simulator/model-a+latency-20000"
LATE = {"plugins": [{"id": "fusion", "model": SLOW, "deadline_ms": 1000}], "tool_choice": "none"}

# status, what is asked, the class of the openai package, that of the openrouter package: it sends no field that is ours
FAILURES = [
    (400, {"model": "nobody/nothing"}, openai.BadRequestError, errors.BadRequestResponseError),
    (402, {"model": PLAIN, "key": system.POOR}, openai.APIStatusError, errors.PaymentRequiredResponseError),
    (413, {"model": PLAIN, "text": "x" * 1_200_000}, openai.APIStatusError, errors.PayloadTooLargeResponseError),
    (422, {"model": PLAIN, "headers": {"Idempotency-Key": "used-before"}}, openai.UnprocessableEntityError, errors.UnprocessableEntityResponseError),
    (502, {"model": "simulator/status-500"}, openai.InternalServerError, errors.BadGatewayResponseError),
    (503, {"model": "keyless/model"}, openai.InternalServerError, errors.ServiceUnavailableResponseError),
    (504, {"model": "openrouter/fusion", **LATE}, openai.InternalServerError, None),
]


class Errors(unittest.TestCase):
    def test_typed(self):
        openai_client(key=system.POOR).chat.completions.create(model=PLAIN, messages=[{"role": "user", "content": "Hi"}])
        openai_client().chat.completions.create(
            model=PLAIN, messages=[{"role": "user", "content": "The first"}], extra_headers={"Idempotency-Key": "used-before"}
        )

        def one(status, asked, package, streamed, isAsync):
            body = dict(asked)
            key, text = body.pop("key", system.KEY), body.pop("text", TEXT)
            body["messages"] = [{"role": "user", "content": text}]
            headers = body.pop("headers", {})
            of = keyed if status == 503 else running
            if package == "openai":
                more = {"extra_headers": headers, "stream": streamed}
                if not isAsync:
                    return drained_if(openai_client(key=key, of=of).chat.completions.create(**own(body), **more), streamed)

                async def wait():
                    async with openai_client(openai.AsyncOpenAI, key, of=of) as client:
                        answer = await client.chat.completions.create(**own(body), **more)
                        return await adrained(answer) if streamed else answer

                return asyncio.run(wait())
            more = {"http_headers": headers, "stream": streamed}
            if not isAsync:
                return drained_if(openrouter_client(key, of=of).chat.send(**body, **more), streamed)

            async def wait():
                async with openrouter_client(key, of=of) as client:
                    answer = await client.chat.send_async(**body, **more)
                    return await adrained(answer) if streamed else answer

            return asyncio.run(wait())

        def drained_if(answer, streamed):
            return drained(answer) if streamed else answer

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            asked = [
                ((status, package, streamed, isAsync), kind, pool.submit(one, status, body, package, streamed, isAsync))
                for status, body, openai_kind, openrouter_kind in FAILURES
                for package, kind in (("openai", openai_kind), ("openrouter", openrouter_kind))
                for streamed in (False, True)
                # what comes once a stream has begun is told inside of it
                if kind and not (streamed and status in (502, 504))
                for isAsync in (False, True)
            ]
            for case, kind, answer in asked:
                with self.subTest(case=case):
                    error = answer.exception(120)
                    self.assertIsInstance(error, kind)
                    self.assertEqual(error.status_code, case[0])

    def test_404(self):
        with self.assertRaises(openai.NotFoundError):
            openai_client().get("/generation?id=gen-nobodys", cast_to=object)
        with self.assertRaises(errors.NotFoundResponseError):
            openrouter_client().generations.get_generation(id="gen-nobodys")

    def test_responses(self):
        for streamed in (False, True):
            with self.subTest(streamed=streamed):
                with self.assertRaises(openai.BadRequestError):
                    openai_client().responses.create(model="nobody/nothing", input="Hi", stream=streamed)
                with self.assertRaises(errors.BadRequestResponseError):
                    openrouter_client().responses.send(model="nobody/nothing", input="Hi", stream=streamed)
        failed = openai_client().responses.create(model="simulator/model-a+error-mid-stream+words-40", input="Hi", stream=True)
        self.assertEqual(list(failed)[-1].type, "response.failed")

    def test_429_is_tried_again(self):
        """Streamed and not, sync and async: the place of a narrow key is taken, and a patient client gets it by and by."""
        slow = {"model": "simulator/model-a+latency-2500", "messages": [{"role": "user", "content": TEXT}]}
        plain = {"model": PLAIN, "messages": slow["messages"]}
        patience = utils.RetryConfig(
            "backoff", utils.BackoffStrategy(200, 1000, 1.5, 30000), True, status_codes_override=["429"]
        )

        def taken():
            openai_client(key=system.NARROW, retries=20).post("/deliberations", body=slow, cast_to=object)

        for streamed in (False, True):
            for kind in (openai.RateLimitError, errors.TooManyRequestsResponseError):
                with self.subTest(streamed=streamed, kind=kind.__name__):
                    # made first: what a client needs to begin could outlast the slow one
                    impatient = (
                        openai_client(key=system.NARROW).chat.completions
                        if kind is openai.RateLimitError
                        else openrouter_client(system.NARROW).chat
                    )
                    taken()
                    with self.assertRaises(kind) as raised:
                        if kind is openai.RateLimitError:
                            impatient.create(**plain, stream=streamed)
                        else:
                            impatient.send(**plain, stream=streamed, retries=None)
                    self.assertGreaterEqual(int(self.headers(raised.exception)["retry-after"]), 1)
                    if kind is openai.RateLimitError:
                        client = openai_client(key=system.NARROW, retries=20)
                        answer = client.chat.completions.create(**plain, stream=streamed)
                    else:
                        answer = openrouter_client(system.NARROW, patience).chat.send(**plain, stream=streamed)
                    told = Told().chunks(drained(answer)) if streamed else Told().completion(answer)
                    self.assertTrue(told.text)

        async def patient(streamed):
            async with openai_client(openai.AsyncOpenAI, system.NARROW, 20) as client:
                answer = await client.chat.completions.create(**plain, stream=streamed)
                told = Told().chunks(await adrained(answer)) if streamed else Told().completion(answer)
                self.assertTrue(told.text)
            taken()
            async with openrouter_client(system.NARROW, patience) as client:
                answer = await client.chat.send_async(**plain, stream=streamed)
                told = Told().chunks(await adrained(answer)) if streamed else Told().completion(answer)
                self.assertTrue(told.text)

        for streamed in (False, True):
            taken()
            asyncio.run(patient(streamed))

    def headers(self, error):
        return getattr(error, "headers", None) or error.response.headers


if __name__ == "__main__":
    unittest.main()
