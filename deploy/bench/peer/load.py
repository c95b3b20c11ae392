"""What every peer is loaded with: clients that ask again as soon as they are answered, spread over the time of one
ideal fusion, counted in a steady window; CPU of all processes by their own clocks. One line of JSON for each number of
clients goes to standard output, as `conclave bench overhead --json` counts it."""

import argparse
import asyncio
import importlib.metadata
import json
import os
import signal
import sys
import time

MEMBERS = 3
QUESTION = "What about {}?"
FUSE = "Three models answered the question. Write the best answer.\n\n1. {}\n\n2. {}\n\n3. {}"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True, help="the simulator, with /v1")
    parser.add_argument("--simulator", type=int, required=True, help="its process id")
    parser.add_argument("--clients", default="1,32")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--latency", type=int, default=200)
    return parser.parse_args()


def model(name, options):
    return f"simulator/model-{name}+latency-{options.latency}"


def cpu(pid):
    """Seconds of CPU so far, of all threads; the clock of a process is a number that its id makes."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def family(pid):
    """A process and all that it started, however deep."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parents[int(entry)] = int(file.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                pass
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def percentile(values, part):
    return values[min(len(values) - 1, int(len(values) * part))] if values else None


async def level(fuse, clients, options, processes):
    ideal = 2 * options.latency / 1000
    began = time.perf_counter()
    start = began + max(options.seconds / 4, 2 * ideal)
    end = start + options.seconds
    taken, faults = [], {}

    async def client(number):
        await asyncio.sleep(ideal * number / clients)
        turn = 0
        while time.perf_counter() < end:
            turn += 1
            asked = time.perf_counter()
            try:
                await fuse(f"{number}.{turn}.{asked}")
                fault = None
            except Exception as error:  # whatever a library throws is a fusion that failed
                fault = type(error).__name__
            now = time.perf_counter()
            if start <= now <= end:
                if fault is None:
                    taken.append(now - asked - ideal)
                else:
                    faults[fault] = faults.get(fault, 0) + 1

    async def watch():
        await asyncio.sleep(start - time.perf_counter())
        before = {name: sum(map(cpu, pids)) for name, pids in processes.items()}
        await asyncio.sleep(end - time.perf_counter())
        return {name: sum(map(cpu, pids)) - before[name] for name, pids in processes.items()}

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(client(number) for number in range(clients)))
    used = await watching
    taken.sort()
    count = len(taken)
    costs = {name: seconds * 1000 / count for name, seconds in used.items()} if count else None
    return {
        "clients": clients,
        "fusions_per_second": len(taken) / options.seconds,
        "p50_seconds": percentile(taken, 0.5),
        "p99_seconds": percentile(taken, 0.99),
        "n": len(taken),
        "errors": faults,
        "cpu_ms_per_fusion": sum(costs.values()) if costs else None,
        "cpu_ms_per_fusion_by_process": costs,
    }


async def measure(peer, package, fuse, options, **processes):
    """`processes`: ids beside this one and the simulator, by name."""
    known = {"this client": [os.getpid()], "model-simulator": [options.simulator], **processes}
    await asyncio.gather(*(fuse(f"warm {number}") for number in range(8)))
    for clients in map(int, options.clients.split(",")):
        figures = await level(fuse, clients, options, known)
        print(json.dumps({"peer": peer, "version": importlib.metadata.version(package), **figures}), flush=True)


def run(main):
    """What a peer has started ends with it, also where it is ended itself."""

    async def ended():
        task = asyncio.current_task()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await main()

    try:
        asyncio.run(ended())
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
