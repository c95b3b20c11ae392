"""The gateway's edge as a client meets it, and several gateways at once."""

import concurrent.futures
import subprocess
import time
import unittest

import httpx

import system

QUESTION = [{"role": "user", "content": "Tabs or spaces?"}]
PLAIN = {"model": "openai/gpt-5.5", "messages": QUESTION}


def setUpModule():
    global running
    running = system.System(
        system.configuration(gateway={"cors_origins": ["https://chat.example.com"]}), {"CONCLAVE_LOG": "info"}
    )


def tearDownModule():
    running.stop()


def ask(body=PLAIN, key=system.KEY, url=None, path="/v1/chat/completions", **headers):
    headers = {"Authorization": f"Bearer {key}", **headers}
    return httpx.post((url or running.http) + path, json=body, headers=headers, timeout=60)


def get(path, key=system.KEY, url=None):
    return httpx.get((url or running.http) + path, headers={"Authorization": f"Bearer {key}"}, timeout=60)


def ended(id, url=None):
    """What a deliberation came to."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        answer = get(f"/v1/deliberations/{id}", url=url)
        if answer.status_code == 200 and answer.json()["status"] != "open":
            return answer.json()
        time.sleep(0.05)
    raise AssertionError(f"{id} does not end: {answer.text[:300]}")


class Limits(unittest.TestCase):
    def test_requests_per_minute(self):
        first, second, third = [ask(key=system.RATED) for _ in range(3)]
        self.assertEqual([first.status_code, second.status_code, third.status_code], [200, 200, 429])
        self.assertEqual(first.headers["x-ratelimit-limit"], "2")
        self.assertEqual(first.headers["x-ratelimit-remaining"], "1")
        self.assertEqual(third.headers["x-ratelimit-remaining"], "0")
        self.assertGreater(int(third.headers["x-ratelimit-reset"]), time.time() * 1000 - 5000)
        self.assertIn(int(third.headers["retry-after"]), range(1, 31))
        self.assertEqual(third.json()["error"]["metadata"]["error_type"], "rate_limit_exceeded")

    def test_cost_per_day(self):
        self.assertEqual(ask(key=system.POOR).status_code, 200)
        refused = ask(key=system.POOR)
        self.assertEqual(refused.status_code, 402)
        self.assertGreater(int(refused.headers["retry-after"]), 0)

    def test_concurrent(self):
        slow = {**PLAIN, "model": "simulator/model-a+latency-1500"}
        self.assertEqual(ask(slow, key=system.NARROW, path="/v1/deliberations").status_code, 202)
        refused = ask(key=system.NARROW)
        self.assertEqual(refused.status_code, 429)
        self.assertGreaterEqual(int(refused.headers["retry-after"]), 1)


class Edge(unittest.TestCase):
    def test_request_ids(self):
        self.assertEqual(ask(**{"X-Request-Id": "mine-7"}).headers["x-request-id"], "mine-7")
        refused = ask({}, **{"X-Request-Id": "not\tone"})
        self.assertEqual(refused.status_code, 400)
        self.assertTrue(refused.headers["x-request-id"].startswith("req-"))

    def test_the_access_log_has_no_content(self):
        answer = ask(
            {**PLAIN, "messages": [{"role": "user", "content": "about zebras-7731"}]}, **{"X-Request-Id": "logged-7"}
        )
        end = time.monotonic() + 10
        while time.monotonic() < end and not any("logged-7" in line for line in running.lines):
            time.sleep(0.05)
        line = next(line for line in running.lines if "logged-7" in line)
        for part in ["http.answered", "200", "acme", answer.json()["id"]]:
            self.assertIn(part, line)
        said = answer.json()["choices"][0]["message"]["content"][:40]
        for line in running.lines:
            for secret in ["zebras-7731", system.KEY, said]:
                self.assertNotIn(secret, line)

    def test_answers_that_may_be_used_again(self):
        body = {**PLAIN, "messages": [{"role": "user", "content": "Is this kept?"}]}
        kept = {"X-OpenRouter-Cache": "true", "X-OpenRouter-Cache-TTL": "60"}
        first, second, other = ask(body, **kept).json(), ask(body, **kept).json(), ask(body).json()
        self.assertGreater(first["usage"]["cost"], 0)
        self.assertEqual(second["usage"]["cost"], 0)
        self.assertGreater(other["usage"]["cost"], 0)
        self.assertNotEqual(second["id"], first["id"])
        self.assertEqual(second["choices"][0]["message"]["content"], first["choices"][0]["message"]["content"])

    def test_pages_of_other_origins(self):
        def preflight(origin):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            return httpx.options(running.http + "/v1/chat/completions", headers=headers)

        allowed = preflight("https://chat.example.com")
        self.assertEqual(allowed.status_code, 204)
        self.assertEqual(allowed.headers["access-control-allow-origin"], "https://chat.example.com")
        self.assertNotIn("access-control-allow-origin", preflight("https://elsewhere.example.com").headers)
        answer = ask(**{"Origin": "https://chat.example.com"})
        self.assertEqual(answer.headers["access-control-allow-origin"], "https://chat.example.com")

    def test_without_keys_only_this_machine_may_ask(self):
        environment = {**running.environment, "CONCLAVE_KAFKA": running.run()["bus"], "CONCLAVE_EMBEDDED": "1"}
        environment["CONCLAVE_CONFIG"] = str(system.ROOT / "deploy" / "conclave.json")
        environment.update(CONCLAVE_HTTP="0.0.0.0:0", CONCLAVE_ADMIN="127.0.0.1:0", CONCLAVE_INSTANCE="gateway-9")
        refused = subprocess.run(
            [system.PROGRAMS / "gateway"], env=environment, capture_output=True, text=True, timeout=30
        )
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("CONCLAVE_API_KEYS", refused.stdout + refused.stderr)
        environment["CONCLAVE_HTTP"] = "127.0.0.1:0"
        with subprocess.Popen(
            [system.PROGRAMS / "gateway"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as open_to_all:
            line = next(line for line in open_to_all.stdout if "gateway.open" in line)
            open_to_all.kill()
            open_to_all.stdout.read()
        self.assertIn("no keys are set", line)

    def test_a_silent_stream_shows_that_it_lives(self):
        body = {**PLAIN, "model": "simulator/model-a+latency-5600", "stream": True}
        lines = [line for line in ask(body).text.splitlines() if line]
        self.assertIn(": OPENROUTER PROCESSING", lines)
        self.assertEqual(lines[-1], "data: [DONE]")

    def test_who_asked_without_waiting_cannot_hang_up(self):
        slow = {**PLAIN, "model": "simulator/model-a+latency-500"}
        with httpx.Client() as connection:
            headers = {"Authorization": f"Bearer {system.KEY}"}
            accepted = connection.post(running.http + "/v1/deliberations", json=slow, headers=headers)
        self.assertEqual(ended(accepted.json()["id"])["status"], "completed")


class Crowded(unittest.TestCase):
    def test_one_tenant_leaves_room_for_another(self):
        crowded = system.System(system.configuration(gateway={"max_open": 10}))
        end = time.monotonic() + 4
        slow = {**PLAIN, "model": "simulator/model-a+latency-300"}

        def flood(_):
            codes = []
            while time.monotonic() < end:
                answer = ask(slow, url=crowded.http)
                codes.append(answer.status_code)
                if answer.status_code == 429:
                    self.assertEqual(answer.headers["retry-after"], "1")
                    self.assertIn("gateway.max_open", answer.text)
                    time.sleep(0.1)
            return codes

        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            floods = [pool.submit(flood, number) for number in range(24)]
            time.sleep(0.5)
            codes = []
            while time.monotonic() < end:
                codes.append(ask(slow, key=system.OTHER, url=crowded.http).status_code)
            told = {code for flooding in floods for code in flooding.result()}
        crowded.stop()
        self.assertEqual(told, {200, 429})
        self.assertEqual(set(codes), {200})


class Several(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.process, cls.url = running.gateway("gateway-1")
        end = time.monotonic() + 30
        while ask(url=cls.url).status_code != 200 and time.monotonic() < end:
            time.sleep(0.1)

    def test_each_answers_its_own(self):
        def one(number):
            url = self.url if number % 2 else running.http
            text = f"Number {number}?"
            answer = ask({**PLAIN, "messages": [{"role": "user", "content": text}]}, url=url)
            return answer.status_code

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            self.assertEqual(set(pool.map(one, range(64))), {200})

    def test_a_key_names_one_deliberation_through_any(self):
        slow = {**PLAIN, "model": "simulator/model-a+latency-1500"}
        other = {**slow, "messages": [{"role": "user", "content": "Something else?"}]}
        key = {"Idempotency-Key": "one-of-mine"}
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            first = pool.submit(ask, slow, **key)
            time.sleep(0.5)
            # a body that is refused takes nobody along who waits under that key
            wrong = [pool.submit(ask, other, url=self.url, **key)]
            others = [pool.submit(ask, slow, url=self.url, **key)]
            wrong.append(pool.submit(ask, other, url=self.url, **key))
            wrong[1].result()
            others.append(pool.submit(ask, slow, url=self.url, **key))
        self.assertEqual([answer.result().status_code for answer in wrong], [422, 422])
        self.assertEqual(first.result().status_code, 200)
        for answer in others:
            self.assertEqual(answer.result().status_code, 200)
            self.assertEqual(answer.result().json(), first.result().json())
        for url in [None, self.url]:
            self.assertEqual(ask(slow, url=url, **key).json(), first.result().json())
            self.assertEqual(ask(other, url=url, **key).status_code, 422)

    def test_one_that_dies_takes_its_own_connections_alone(self):
        process, url = running.gateway("gateway-2")
        end = time.monotonic() + 30
        while ask(url=url).status_code != 200 and time.monotonic() < end:
            time.sleep(0.1)
        slow = {**PLAIN, "model": "simulator/model-a+latency-2000"}
        accepted = ask(slow, url=url, path="/v1/deliberations").json()["id"]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            theirs = pool.submit(ask, slow, url=url)
            mine = pool.submit(ask, slow)
            time.sleep(0.5)
            process.kill()
            with self.assertRaises(httpx.HTTPError):
                theirs.result()
            self.assertEqual(mine.result().status_code, 200)
        answer = ended(accepted)
        self.assertEqual(answer["status"], "completed")
        self.assertTrue(answer["result"]["choices"][0]["message"]["content"])
        for path in [f"/v1/generation?id={accepted}", f"/v1/deliberations/{accepted}/events"]:
            for url in [None, self.url]:
                self.assertEqual(get(path, url=url).status_code, 200)
                self.assertEqual(get(path, key=system.OTHER, url=url).status_code, 404)


if __name__ == "__main__":
    unittest.main()
