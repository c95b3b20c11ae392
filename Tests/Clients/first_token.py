"""How long a provider's first token takes to the client: first_token.py [--asks 200]

The provider and the client live in this process, so that both look at one clock. Ends with 1 where the median is 20 ms
or more.
"""

import argparse
import http.client
import http.server
import json
import sys
import threading
import time

import system

LIMIT = 0.020
written = {}


class Provider(http.server.BaseHTTPRequestHandler):
    """Waits a little, writes a first token, and remembers when."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = asked["messages"][-1]["content"]
        time.sleep(0.03)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        written[number] = time.monotonic()
        self.chunk({"delta": {"content": "first "}, "index": 0, "finish_reason": None})
        time.sleep(0.1)
        self.chunk({"delta": {"content": "last"}, "index": 0, "finish_reason": "stop"})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def chunk(self, choice):
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        self.wfile.flush()

    def log_message(self, *_):
        pass


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--asks", type=int, default=200)
    arguments = parser.parse_args()
    provider = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    document = system.configuration(keys=False)
    document["providers"] = {"own": {"base_url": f"http://127.0.0.1:{provider.server_port}/v1"}}
    document["models"] = [{"slug": "own/model", "context": 100000, "via": [{"provider": "own", "name": "model"}]}]
    document["presets"] = {}
    running = system.System(document)
    host, port = running.http[7:].split(":")
    took = []
    for number in range(arguments.asks):
        body = json.dumps(
            {"model": "own/model", "stream": True, "messages": [{"role": "user", "content": f"ask {number}"}]}
        )
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        for line in answer:
            if b'"first ' in line:
                took.append(time.monotonic() - written[f"ask {number}"])
                break
        answer.read()
        connection.close()
    running.stop()
    if len(took) < arguments.asks:
        print(f"only {len(took)} of {arguments.asks} were answered with their first token")
        return 1
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    print(f"first token to the client after the provider's: p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
    return int(p50 >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
