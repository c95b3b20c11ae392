"""LiteLLM's SDK in this process: three `acompletion` at once, then one."""

import asyncio
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402
import load  # noqa: E402


async def main():
    options = load.arguments()

    async def ask(model, text):
        answer = await litellm.acompletion(
            model="openai/" + model, api_base=options.url, api_key="none", messages=[{"role": "user", "content": text}]
        )
        return answer.choices[0].message.content

    async def fuse(name):
        question = load.QUESTION.format(name)
        answers = await asyncio.gather(*(ask(load.model(n, options), question) for n in range(load.MEMBERS)))
        return await ask(load.model("judge", options), load.FUSE.format(*answers))

    await load.measure("LiteLLM SDK", "litellm", fuse, options)


load.run(main)
