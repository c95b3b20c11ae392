"""By hand: asyncio and aiohttp, as a user writes it in forty lines. No process beside this one, nothing written down."""

import asyncio

import aiohttp
import load


async def main():
    options = load.arguments()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(model, text):
            body = {"model": model, "messages": [{"role": "user", "content": text}]}
            async with session.post(options.url + "/chat/completions", json=body) as response:
                response.raise_for_status()
                return (await response.json())["choices"][0]["message"]["content"]

        async def fuse(name):
            question = load.QUESTION.format(name)
            answers = await asyncio.gather(*(ask(load.model(n, options), question) for n in range(load.MEMBERS)))
            return await ask(load.model("judge", options), load.FUSE.format(*answers))

        await load.measure("by hand (aiohttp)", "aiohttp", fuse, options)


load.run(main)
