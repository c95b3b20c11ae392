"""TensorZero, embedded in this process: `experimental_mixture_of_n`, three candidates and a fuser, observability off."""

import tempfile

import load
from tensorzero import AsyncTensorZeroGateway


def config(options):
    names = [str(number) for number in range(load.MEMBERS)] + ["judge"]
    parts = ["[gateway]\nobservability.enabled = false\n"]
    for name in names:
        parts.append(
            f'[models.m{name}]\nrouting = ["simulator"]\n[models.m{name}.providers.simulator]\ntype = "openai"\n'
            f'model_name = "{load.model(name, options)}"\napi_base = "{options.url}/"\napi_key_location = "none"\n'
        )
    parts.append('[functions.fuse]\ntype = "chat"\n')
    for name in names[:-1]:
        parts.append(f'[functions.fuse.variants.m{name}]\ntype = "chat_completion"\nmodel = "m{name}"\n')
    candidates = ", ".join(f'"m{name}"' for name in names[:-1])
    parts.append(
        f'[functions.fuse.variants.mix]\ntype = "experimental_mixture_of_n"\ncandidates = [{candidates}]\n'
        '[functions.fuse.variants.mix.fuser]\nmodel = "mjudge"\n'
    )
    return "\n".join(parts)


async def main():
    options = load.arguments()
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(config(options))
        file.flush()
        gateway = await AsyncTensorZeroGateway.build_embedded(config_file=file.name, async_setup=True)

    async def fuse(name):
        message = {"role": "user", "content": load.QUESTION.format(name)}
        await gateway.inference(function_name="fuse", variant_name="mix", input={"messages": [message]})

    async with gateway:
        await load.measure("TensorZero embedded", "tensorzero", fuse, options)


load.run(main)
