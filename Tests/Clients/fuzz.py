"""Schemathesis against `deploy/openapi.yaml` on a running gateway: no 5xx, no answer that breaks the description.

fuzz.py [--cases 300] [--seed 1]: so many cases in all, from that seed on
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import system

# 501 and 502 would be answers of a fuzzed question's model; with simulated models there are none.
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
# another port's, and the one page that is not under /v1
# of all cases at least so many must be answered well
LEAST = 0.1
OWN = ["/healthz", "/readyz", "/metrics", "/"]
MODELS = ["openrouter/fusion", "openrouter/fusion-flash", "openai/gpt-5.5", "~openai/gpt-latest", "simulator/model-a"]
QUESTION = [{"role": "user", "content": "Tabs or spaces?"}]


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def asked(url):
    """Deliberations to be found: one of a panel, one of a model, and one that will be open for a while."""
    slow = {"model": "simulator/model-a+latency-600000", "messages": QUESTION}
    bodies = [{"model": "openrouter/fusion", "messages": QUESTION}, {"model": MODELS[2], "messages": QUESTION}]
    return [post(url + "/v1/chat/completions", body)["id"] for body in bodies] + [
        post(url + "/v1/deliberations", slow)["id"]
    ]


def aimed(description, ids):
    """The same description with values that mean something here: most of what is asked by it is then answered."""
    for path, item in description["paths"].items():
        if "{id}" in path:
            for parameter in item["parameters"]:
                if parameter["name"] == "id":
                    parameter["schema"] = {"type": "string", "enum": ids + ["gen-nobodys"]}
                if parameter["name"] == "index":
                    parameter["schema"] = {"type": "integer", "enum": [0, 1, 2, 7]}
        if path == "/generation":
            for parameter in item["get"]["parameters"]:
                parameter["schema"] = {"type": "string", "enum": ids + ["gen-nobodys"]}
        if "{author}" in path:
            for parameter, names in zip(item["get"]["parameters"], (["openai", "openrouter"], ["gpt-5.5", "fusion"])):
                parameter["schema"] = {"type": "string", "enum": names}
    schemas = description["components"]["schemas"]
    some = {"type": "string", "enum": MODELS[2:]}
    schemas["Message"].update(
        required=["role", "content"],
        properties={"role": {"type": "string", "enum": ["system", "user"]}, "content": {"type": "string", "minLength": 1}},
    )
    # a panel has time enough on a machine that is busy: what is late would be 504
    schemas["FusionParameters"]["properties"].update(
        analysis_models={"type": "array", "items": some, "minItems": 1, "maxItems": 3},
        model=some, stand_ins={"type": "array", "items": some, "maxItems": 2},
        preset={"type": "string", "enum": ["general-high", "general-budget", "general-fast"]},
        tools={"type": "array", "items": {"const": {"type": "openrouter:web_fetch"}}, "maxItems": 1},
        quorum={"const": 1}, grace_ms={"type": "integer", "minimum": 0, "maximum": 100},
        deadline_ms={"type": "integer", "minimum": 300_000, "maximum": 1_800_000},
        panel_deadline_ms={"type": "integer", "minimum": 60_000, "maximum": 90_000},
        member_timeout_ms={"type": "integer", "minimum": 60_000}, allowed_providers={"const": ["openrouter"]},
        cache={"const": {"ttl_seconds": 60}}, max_completion_tokens={"type": "integer", "minimum": 1, "maximum": 16_000},
    )
    # a key that comes twice would come with another body
    for item in description["paths"].values():
        for parameter in item.get("post", {}).get("parameters", []):
            if parameter["name"] == "Idempotency-Key":
                parameter["schema"] = {"type": "string", "pattern": "^[a-z0-9]{24}$"}
    fusion = {"type": "object", "required": ["type"], "additionalProperties": False,
              "properties": {"type": {"const": "openrouter:fusion"}, "parameters": schemas["FusionParameters"]}}
    lookup = {"const": {"type": "function", "function": {"name": "lookup", "parameters": {"type": "object"}}}}
    schemas["FusionParameters"]["additionalProperties"] = False
    plugin = {"type": "object", "required": ["id"], "additionalProperties": False, "properties": {"id": {"const": "fusion"}, **schemas["FusionParameters"]["properties"]}}
    for name in ("ChatRequest", "ResponsesRequest"):
        schemas[name]["properties"].update(
            model={"type": "string", "enum": MODELS}, tools={"type": "array", "items": {"anyOf": [fusion, lookup]}, "maxItems": 1}, models={"type": "array", "items": some, "maxItems": 3},
            temperature={"type": "number", "minimum": 0, "maximum": 2}, n={"const": 1}, stop={"type": "string"},
            max_tokens={"type": "integer", "minimum": 1, "maximum": 10_000}, response_format={"type": "null"},
            max_completion_tokens={"type": "integer", "minimum": 1, "maximum": 10_000}, provider={"const": {}},
            max_output_tokens={"type": "integer", "minimum": 1, "maximum": 10_000}, plugins={"type": "array", "items": plugin, "maxItems": 1},
            seed={"type": "integer", "minimum": 0, "maximum": 2**31}, tool_choice={"type": "string", "enum": ["auto", "none"]},
            metadata={"type": "object", "additionalProperties": {"type": "string", "maxLength": 50}, "maxProperties": 3},
            stop_server_tools_when={"const": [{"type": "max_cost", "max_cost_in_dollars": 1}]}, store={"const": False},
        )
        schemas[name]["required"] = ["model"] + [one for one in schemas[name].get("required", []) if one != "model"]
    schemas["ResponsesRequest"]["properties"]["tools"]["items"] = fusion
    schemas["ResponsesRequest"]["properties"]["input"] = {"type": "string", "minLength": 1}
    return description


def answered(running):
    """How many requests were answered with which status, as the gateway counts them."""
    admin = next(service["admin"] for service in running.run()["services"] if service["name"] == "gateway")
    with urllib.request.urlopen(f"http://{admin}/metrics", timeout=20) as page:
        text = page.read().decode()
    found = re.findall(r'conclave_http_requests_total\{[^}]*status="(\d+)"[^}]*\} (\d+)', text)
    return {int(status): int(count) for status, count in found}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    description = json.loads((system.ROOT / "deploy" / "openapi.yaml").read_text())
    for path in OWN:
        description["paths"].pop(path)
    operations = sum(
        method in ("get", "post", "delete") for path in description["paths"].values() for method in path
    )
    running = system.System(system.configuration(keys=False), {"CONCLAVE_SIMULATOR_LATENCY_MS": "0"})
    with tempfile.TemporaryDirectory() as folder:
        document = pathlib.Path(folder) / "openapi.json"
        document.write_text(json.dumps(aimed(description, asked(running.http))))
        before = answered(running)
        # a seed at a time, so that a fault is told soon
        each = max(1, min(200, -(-arguments.cases // operations)))
        total, status, seed = 0, 0, arguments.seed
        while total < arguments.cases and status == 0:
            result = subprocess.run(
                [
                    pathlib.Path(sys.executable).parent / "schemathesis", "run", document, "--url", running.http + "/v1",
                    "--checks", CHECKS, "--phases", "examples,fuzzing", "--mode", "all", "--max-examples", str(each),
                    "--seed", str(seed), "--workers", "4", "--request-timeout", "60", "--no-color",
                    "--suppress-health-check", "all",
                ],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            status = result.returncode
            found = re.search(r"(\d+) generated", result.stdout)
            cases = int(found.group(1)) if found else 0
            total += cases
            # Python 3.11 stumbles over its own depth now and then while the next case is being made: no answer of ours
            stumbled = "AST constructor recursion depth mismatch" in result.stdout
            if status and stumbled and re.search(r"(\d+) generated, \1 passed", result.stdout):
                status = 0
            if status or not cases:
                print(result.stdout[-12000:])
                status = status or 1
            seed += 1
            print(f"{total} cases", file=sys.stderr, flush=True)
        after = answered(running)
        told = {status: after[status] - before.get(status, 0) for status in sorted(after)}
        print("answered: " + ", ".join(f"{count} × {status}" for status, count in told.items()))
        # a fuzzed request that is always refused shows nothing of the answers
        good = told.get(200, 0) + told.get(202, 0)
        if status == 0 and (good < total * LEAST or told.get(202, 0) < total * LEAST / 20):
            print(f"only {good} of {total} were answered with 200 or 202; the description's values are too wild")
            status = 1
        restarts = [s["restarts"] for s in running.run()["services"]]
        print(f"{total} cases over {operations} operations, seeds {arguments.seed} to {seed - 1}, restarts {sum(restarts)}")
        running.stop()
        return status or int(any(restarts))


if __name__ == "__main__":
    sys.exit(main())
