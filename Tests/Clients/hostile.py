"""Hostile connections against a running gateway: it goes on serving others, and its memory comes back.

hostile.py [--idle 10000] [--only TEXT]
"""

import argparse
import concurrent.futures
import json
import os
import resource
import socket
import sys
import threading
import time
import urllib.request

import system

# how long anybody else may have to wait meanwhile, in seconds
SLOWEST = 3.0
QUESTION = {"model": "simulator/model-a+latency-0", "messages": [{"role": "user", "content": "Hello"}]}


class Bystander:
    """Someone who asks all the while, and counts."""

    def __init__(self, url):
        self.url, self.good, self.bad, self.worst = url, 0, [], 0.0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._ask, daemon=True)
        self.thread.start()

    def _ask(self):
        while not self.stopping.wait(0.05):
            start = time.monotonic()
            try:
                request = urllib.request.Request(
                    self.url + "/v1/chat/completions",
                    json.dumps(QUESTION).encode(),
                    {"Content-Type": "application/json"},
                )
                with urllib.request.urlopen(request, timeout=20) as answer:
                    answer.read()
                self.good += 1
            except Exception as error:
                self.bad.append(repr(error))
            self.worst = max(self.worst, time.monotonic() - start)

    def stop(self):
        self.stopping.set()
        self.thread.join()


def answered(url, body):
    """The status of an answer, read to its end."""
    request = urllib.request.Request(
        url + "/v1/chat/completions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        answer.read()
        return answer.status


def memory(pid):
    """Megabytes in use by the process."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Rss:")) / 1000


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Attack:
    def __init__(self, address, pid):
        self.address = address
        self.pid = pid

    def connect(self):
        for _ in range(50):
            try:
                return socket.create_connection(self.address, timeout=30)
            except OSError:
                time.sleep(0.05)
        raise OSError("nobody takes connections")

    def say(self, data, wait=15):
        """What comes back until the other side closes, or falls silent."""
        with self.connect() as connection:
            connection.settimeout(wait)
            received = b""
            try:
                connection.sendall(data)
                while piece := connection.recv(65536):
                    received += piece
            except (TimeoutError, ConnectionError, OSError):
                pass
            return received

    # each says what went wrong, or nothing

    def slow_headers(self):
        """A byte of the headers a second, two hundred times at once."""
        lines = [self.connect() for _ in range(200)]
        for byte in b"GET /v1/models HTTP/1.1\r\n"[:12]:
            for line in lines:
                try:
                    line.sendall(bytes([byte]))
                except OSError:
                    pass
            time.sleep(1)
        time.sleep(2)
        ended = 0
        for line in lines:
            line.settimeout(5)
            try:
                ended += line.recv(1000) is not None
            except ConnectionError:
                ended += 1
            except TimeoutError:
                pass
            line.close()
        return None if ended == len(lines) else f"{len(lines) - ended} of {len(lines)} are still held"

    def slow_body(self):
        """Bodies of which nothing comes after the beginning."""
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        lines = [self.connect() for _ in range(200)]
        for line in lines:
            line.sendall(head + b"Content-Length: 500000\r\n\r\n" + b"{" * 1000)
        time.sleep(7)
        held = 0
        for line in lines:
            line.settimeout(3)
            try:
                answer = line.recv(1000)
                held += bool(answer) and b" 408 " not in answer
            except ConnectionError:
                pass
            except TimeoutError:
                held += 1
            line.close()
        return f"{held} of {len(lines)} are still held" if held else None

    def many_bodies(self):
        """Five hundred large bodies of which the end never comes: together they would be 450 MB."""
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        before, most = memory(self.pid), 0
        lines = [self.connect() for _ in range(500)]
        for line in lines:
            line.setblocking(False)
        left = {line: head + b"Content-Length: 900001\r\n\r\n" + b"{" * 900_000 for line in lines}
        end = time.monotonic() + 4
        while left and time.monotonic() < end:
            for line, rest in list(left.items()):
                try:
                    left[line] = rest[line.send(rest[:65536]) :]
                except BlockingIOError:
                    continue
                except OSError:
                    left[line] = b""
                if not left[line]:
                    del left[line]
            most = max(most, memory(self.pid))
        time.sleep(1)
        most = max(most, memory(self.pid))
        for line in lines:
            line.close()
        return f"they took {most - before:.0f} MB" if most - before > 200 else None

    def endless_body(self):
        """A chunked body that never ends."""
        with self.connect() as line:
            line.settimeout(20)
            line.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n"
            )
            chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
            sent = 0
            try:
                while sent < 200_000_000:
                    line.sendall(chunk)
                    sent += 65536
            except OSError:
                return None
            return f"{sent} bytes were taken"

    def idle(self, count):
        """Connections that say nothing."""
        lines = []
        try:
            for _ in range(count):
                lines.append(self.connect())
            request = urllib.request.Request(
                f"http://{self.address[0]}:{self.address[1]}/v1/chat/completions",
                json.dumps(QUESTION).encode(),
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=30) as answer:
                if answer.status != 200:
                    return f"status {answer.status}"
            # a connection that was closed meanwhile is none that is held
            open_now = descriptors(self.pid)
            return None if open_now >= count else f"only {open_now} of {count} were open at once"
        finally:
            for line in lines:
                line.close()

    def pipelining(self):
        one = b"GET /v1/model/openrouter/fusion HTTP/1.1\r\nHost: x\r\n\r\n"
        last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        count = self.say(one * 99 + last).count(b"HTTP/1.1 200")
        return None if count == 100 else f"{count} of 100 were answered"

    def bad_chunks(self):
        head = (
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for body in [b"zz\r\n{}\r\n0\r\n\r\n", b"-1\r\n{}\r\n", b"ffffffffffffffffff\r\n{}", b"2\r\n{}xx0\r\n\r\n", b"\r\n"]:
            began = time.monotonic()
            answer = self.say(head + body, wait=8)
            # refused with a code, or the connection is cut at once: never taken, never left hanging
            if b"HTTP/1.1 200" in answer or b"HTTP/1.1 5" in answer:
                return f"{body[:20]!r}: {answer[:60]!r}"
            if time.monotonic() - began > 7:
                return f"{body[:20]!r} was left hanging"
        return None

    def smuggling(self):
        """Two lengths in one request: what stands behind must never be answered as a request of its own."""
        hidden = b"GET /v1/model/openrouter/fusion HTTP/1.1\r\nHost: hidden\r\n\r\n"
        pairs = [
            b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n",
            b"Content-Length: 40\r\nContent-Length: 0\r\n\r\n",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            b"Content-Length: +4\r\n\r\n0\r\n\r\n",
            b"Content-Length: 4, 4\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: \x0bchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        ]
        for pair in pairs:
            request = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + pair
            answer = self.say(request + hidden, wait=3)
            if b"HTTP/1.1 200" in answer:
                return f"{pair!r} let the hidden request through"
        return None

    def nul_bytes(self):
        requests = [
            b"GET /v1/models\0 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /v1/models HTTP/1.1\r\nHost: x\0y\r\n\r\n",
            b"\0" * 5000,
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 4\r\n\r\n\0\0\0\0",
            b"GET /v1/deliberations/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            b"GET /v1/deliberations/a%00b/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        ]
        for request in requests:
            answer = self.say(request, wait=3)
            if b"HTTP/1.1 5" in answer:
                return f"{request[:60]!r}: {answer[:60]!r}"
        return None

    def large(self):
        answer = self.say(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", wait=5)
        if b"HTTP/1.1 200" in answer:
            return "100 KB of headers were taken"
        nested = b"[" * 100_000
        answer = self.say(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(nested) + nested
        )
        return None if b"HTTP/1.1 400" in answer else f"deep nesting: {answer[:80]!r}"

    def unread_streams(self):
        """Streams that nobody reads: what they hold is bounded, and they end although the client keeps its side open."""
        body = json.dumps({**QUESTION, "model": "simulator/model-a+words-40000+pace-20000", "stream": True}).encode()
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        before = descriptors(self.pid)
        lines = [self.connect() for _ in range(8)]
        for line in lines:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        time.sleep(2)
        end = time.monotonic() + 180
        # the bystander's connection comes and goes
        while descriptors(self.pid) > before + 2 and time.monotonic() < end:
            time.sleep(1)
        held = descriptors(self.pid) - before
        for line in lines:
            line.close()
        return f"{held} connections are still open" if held > 2 else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--only", default="", help="those alone whose name contains this")
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle = min(arguments.idle, hard - 500)
    document = system.configuration(keys=False, gateway={"header_ms": 10_000, "body_ms": 5_000})
    running = system.System(document)
    host, port = running.http[7:].split(":")
    pid = running.pid("gateway")
    attack = Attack((host, int(port)), pid)
    attacks = [
        ("slow headers", attack.slow_headers),
        ("slow body", attack.slow_body),
        ("many large bodies at once", attack.many_bodies),
        ("a body that never ends", attack.endless_body),
        (f"{idle} idle connections", lambda: attack.idle(idle)),
        ("pipelining", attack.pipelining),
        ("bad chunked encoding", attack.bad_chunks),
        ("request smuggling pairs", attack.smuggling),
        ("NUL bytes", attack.nul_bytes),
        ("headers and nesting over the limits", attack.large),
        ("streams that nobody reads", attack.unread_streams),
    ]
    # What every process takes once it has worked is no growth, nor is what the gateway remembers of the last thousand
    # deliberations, two megabytes at most: that is full before anything counts.
    question = json.dumps({**QUESTION, "model": "simulator/model-a+words-400+latency-0"}).encode()
    with concurrent.futures.ThreadPoolExecutor(8) as crowd:
        for status in crowd.map(lambda _: answered(running.http, question), range(1200)):
            if status != 200:
                print(f"fails an ordinary question: {status}")
                return 1
    time.sleep(2)
    failures = 0
    first = memory(pid)
    for name, run in attacks:
        if arguments.only not in name:
            continue
        start, open_before = memory(pid), descriptors(pid)
        bystander = Bystander(running.http)
        began = time.monotonic()
        fault = run()
        time.sleep(0.5)
        bystander.stop()
        after = memory(pid)
        end = time.monotonic() + 20
        while after > first * 1.2 and time.monotonic() < end:
            time.sleep(0.25)
            after = memory(pid)
        faults = [fault] if fault else []
        if running.pid("gateway") != pid:
            faults.append("the gateway died")
        if bystander.bad or not bystander.good:
            faults.append(f"{len(bystander.bad)} of the others' requests failed: {bystander.bad[:2]}")
        if after > first * 1.2:
            faults.append(f"memory did not come back to what it was at first, {first:.1f} MB")
        if bystander.worst > SLOWEST:
            faults.append(f"somebody else waited {bystander.worst:.2f} s")
        open_after = descriptors(pid)
        print(
            f"{'fails' if faults else 'ok   '} {name}: {time.monotonic() - began:.1f} s, others {bystander.good} good, "
            f"slowest {bystander.worst:.2f} s, memory {start:.1f} -> {after:.1f} MB, "
            f"descriptors {open_before} -> {open_after}" + "".join(f"\n      {fault}" for fault in faults),
            flush=True,
        )
        failures += bool(faults)
    running.stop()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
