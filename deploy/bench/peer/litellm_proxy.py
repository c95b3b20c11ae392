"""LiteLLM's proxy in processes of its own (two workers), no database; its client fans out, three calls and one."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile

import aiohttp
import load

KEY = "sk-" + "5f1d0c7a9b3e48d2" * 2


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def config(options):
    names = [load.model(n, options) for n in (*range(load.MEMBERS), "judge")]
    models = [
        {"model_name": name, "litellm_params": {"model": "openai/" + name, "api_base": options.url, "api_key": "none"}}
        for name in names
    ]
    return json.dumps({"model_list": models, "general_settings": {"master_key": KEY}})


async def main():
    options = load.arguments()
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(config(options))
    program = os.path.join(os.path.dirname(sys.executable), "litellm")
    environment = dict(os.environ, LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_LOG="ERROR")
    words = [program, "--config", file.name, "--host", "127.0.0.1", "--port", str(port), "--num_workers", "2"]
    with tempfile.TemporaryFile() as log:
        proxy = subprocess.Popen(words, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            url = f"http://127.0.0.1:{port}"
            headers = {"Authorization": "Bearer " + KEY}
            connector = aiohttp.TCPConnector(limit=0)
            async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
                for turn in range(3000):
                    try:
                        async with session.get(url + "/health/liveliness") as response:
                            if response.status == 200:
                                break
                    except aiohttp.ClientError:
                        pass
                    if proxy.poll() is not None or turn == 2999:
                        log.seek(0)
                        sys.exit("the proxy did not start:\n" + log.read()[-2000:].decode(errors="replace"))
                    await asyncio.sleep(0.1)

                async def ask(model, text):
                    body = {"model": model, "messages": [{"role": "user", "content": text}]}
                    async with session.post(url + "/v1/chat/completions", json=body) as response:
                        response.raise_for_status()
                        return (await response.json())["choices"][0]["message"]["content"]

                async def fuse(name):
                    question = load.QUESTION.format(name)
                    answers = await asyncio.gather(
                        *(ask(load.model(n, options), question) for n in range(load.MEMBERS))
                    )
                    return await ask(load.model("judge", options), load.FUSE.format(*answers))

                await load.measure(
                    "LiteLLM proxy, 2 workers", "litellm", fuse, options, proxy=load.family(proxy.pid)
                )
        finally:
            # everything that it started is in its process group
            if proxy.poll() is None:
                os.killpg(proxy.pid, 15)
                try:
                    proxy.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(proxy.pid, 9)
                    proxy.wait()
            os.unlink(file.name)


load.run(main)
