"""The gateway's edge as a client meets it, and several gateways at once."""

import concurrent.futures
import hashlib
import json
import os
import signal
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
        # what the simulator writes of a long answer is many times as much
        system.configuration(
            gateway={"cors_origins": ["https://chat.example.com"]}, limits={"upstream_bytes": 64_000_000}
        ),
        {"CONCLAVE_LOG": "info"},
    )


def tearDownModule():
    running.stop()


def ask(body=PLAIN, key=system.KEY, url=None, path="/v1/chat/completions", **headers):
    headers = {"Authorization": f"Bearer {key}", **headers}
    return httpx.post((url or running.http) + path, json=body, headers=headers, timeout=60)


def get(path, key=system.KEY, url=None):
    return httpx.get((url or running.http) + path, headers={"Authorization": f"Bearer {key}"}, timeout=60)


def ended(id, url=None, within=30):
    """What a deliberation came to."""
    end = time.monotonic() + within
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


class HangUps(unittest.TestCase):
    """Whoever goes away holds what they asked for until it has ended."""

    def hang_up(self, body, key, after=0.5, **headers):
        with self.assertRaises(httpx.TimeoutException):
            headers = {"Authorization": f"Bearer {key}", **headers}
            httpx.post(running.http + "/v1/chat/completions", json=body, headers=headers, timeout=after)

    def test_the_place_is_kept_and_the_same_key_finds_it(self):
        slow = {**PLAIN, "model": "simulator/model-a+latency-3000"}
        kept = {"Idempotency-Key": "left-alone"}
        self.hang_up(slow, system.NARROW_TOO, **kept)
        self.assertEqual(ask(key=system.NARROW_TOO).status_code, 429)
        answer = ask(slow, key=system.NARROW_TOO, **kept)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(ask(key=system.NARROW_TOO).status_code, 200)
        # a key means to come back: that was no cancelling, and its answer is kept
        self.assertEqual(get(f"/v1/deliberations/{answer.json()['id']}").json()["status"], "completed")

    def test_without_a_key_it_is_cancelled(self):
        slow = {**PLAIN, "model": "simulator/model-a+latency-20000", "metadata": {"job": "hang-up"}}
        self.hang_up(slow, system.NARROW_TOO)
        end = time.monotonic() + 10
        while (again := ask(key=system.NARROW_TOO)).status_code == 429 and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(again.status_code, 200)

    def test_a_stream_that_is_not_read_to_its_end_is_paid_for(self):
        body = {**PLAIN, "model": "simulator/model-a+words-40+pace-50", "stream": True}
        headers = {"Authorization": f"Bearer {system.POOR_TOO}", "Idempotency-Key": "half-read"}
        with httpx.stream(
            "POST", running.http + "/v1/chat/completions", json=body, headers=headers, timeout=60
        ) as stream:
            id = stream.headers["x-generation-id"]
            next(stream.iter_lines())
        self.assertEqual(ended(id)["status"], "completed")
        end = time.monotonic() + 10
        while (again := ask(key=system.POOR_TOO)).status_code == 200 and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(again.status_code, 402)


class Large(unittest.TestCase):
    """Answers that are much at once reach whoever reads them."""

    def test_a_long_response_streams_to_its_end(self):
        body = {"model": "simulator/model-a+bytes-400000", "input": "Tell me all", "stream": True}
        answer = ask(body, path="/v1/responses")
        events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
        self.assertEqual(events[-1]["type"], "response.completed")
        text = "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
        self.assertGreaterEqual(len(text.encode()), 400000)
        self.assertEqual(events[-1]["response"]["output"][-1]["content"][0]["text"], text)

    def test_the_events_of_a_long_debate_stream_to_their_end(self):
        body = {
            "model": "openrouter/fusion",
            "messages": QUESTION,
            "plugins": [
                {
                    "id": "fusion", "mode": "debate", "rounds": 3, "tools": [],
                    "analysis_models": ["simulator/model-a+bytes-60000+latency-0"] * 8,
                }
            ],
        }
        id = ask(body, path="/v1/deliberations").json()["id"]
        ended(id, within=120)
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {system.KEY}"}
        size, names = 0, []
        with httpx.stream("GET", f"{running.http}/v1/deliberations/{id}/events", headers=headers, timeout=60) as told:
            for line in told.iter_lines():
                size += len(line)
                if line.startswith("event: "):
                    names.append(line[7:])
        self.assertIn(names[-1], ["conclave.deliberation.completed.v1", "conclave.deliberation.settled.v1"])
        self.assertEqual(names.count("conclave.panel.assembled.v1"), 4)
        self.assertGreater(size, 8 * 4 * 60000)


class Codes(unittest.TestCase):
    """What is refused, and with which code."""

    def test_fields_without_meaning_count_as_well(self):
        body = {**PLAIN, "nothing": ""}
        body["nothing"] = "x" * (999_900 - len(json.dumps(body)))
        answer = ask(body)
        self.assertEqual(answer.status_code, 413, answer.text[:300])
        self.assertIn("limits.record_bytes", answer.text)

    def test_bodies_that_are_none(self):
        headers = {"Authorization": f"Bearer {system.KEY}"}
        url = running.http + "/v1/chat/completions"
        for content, type in [
            (json.dumps(PLAIN).encode(), "text/plain"),
            (json.dumps(PLAIN).encode(), ""),
            (b'{"model": "\xff\xfe", "messages": []}', "application/json"),
            (b"{", "application/json"),
            (b"[]", "application/json"),
            (b"[" * 65 + b"]" * 65, "application/json"),
        ]:
            with self.subTest(content=content[:30], type=type):
                answer = httpx.post(url, content=content, headers={**headers, "Content-Type": type}, timeout=60)
                self.assertEqual(answer.status_code, 400, answer.text[:300])

    def test_one_body_in_two_forms_is_two_questions_under_one_key(self):
        body, key = {**PLAIN, "input": "Tabs or spaces?"}, {"Idempotency-Key": "two-forms"}
        first = ask(body, **key)
        self.assertEqual(first.status_code, 200, first.text[:300])
        self.assertEqual(ask(body, path="/v1/responses", **key).status_code, 422)
        self.assertEqual(ask(body, **key).json(), first.json())

    def test_every_refusal_has_an_id_and_may_be_read_by_a_page(self):
        origin = {"Origin": "https://chat.example.com", "X-Request-Id": "refused-7"}
        large = {**PLAIN, "nothing": "x" * 1_200_000}
        for key, body, status in [(system.KEY, large, 413), ("sk-nobodys", PLAIN, 401), (system.KEY, {}, 400)]:
            with self.subTest(status=status):
                answer = ask(body, key=key, **origin)
                self.assertEqual(answer.status_code, status)
                self.assertEqual(answer.headers["x-request-id"], "refused-7")
                self.assertEqual(answer.headers["access-control-allow-origin"], "https://chat.example.com")
                self.assertEqual(answer.json()["error"]["code"], status)
        end = time.monotonic() + 10
        while time.monotonic() < end and sum("refused-7" in line for line in running.lines) < 3:
            time.sleep(0.05)
        self.assertEqual(sum("http.answered" in line and "refused-7" in line for line in running.lines), 3)

    def test_ends_have_their_id(self):
        fails = {**PLAIN, "model": "simulator/status-500"}
        answer = ask(fails)
        self.assertEqual(answer.status_code, 502)
        self.assertTrue(answer.headers["x-generation-id"].startswith("gen-"))
        slow = "simulator/model-a+latency-20000"
        late = {
            "model": "openrouter/fusion", "messages": QUESTION,
            "plugins": [{"id": "fusion", "analysis_models": [slow], "model": slow, "deadline_ms": 1000}],
        }
        answer = ask(late)
        self.assertEqual(answer.status_code, 504, answer.text[:300])
        self.assertEqual(answer.json()["error"]["metadata"]["error_type"], "timeout")
        self.assertTrue(answer.headers["x-generation-id"].startswith("gen-"))
        kept = {"Idempotency-Key": "to-be-cancelled"}
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waits = pool.submit(ask, {**PLAIN, "model": slow}, **kept)
            time.sleep(0.5)
            id = ask({**PLAIN, "model": slow}, path="/v1/deliberations", **kept).json()["id"]
            headers = {"Authorization": f"Bearer {system.KEY}"}
            self.assertEqual(httpx.delete(f"{running.http}/v1/deliberations/{id}", headers=headers).status_code, 202)
            self.assertEqual(waits.result().status_code, 499)
            self.assertEqual(waits.result().headers["x-generation-id"], id)

    def test_one_level_of_fusion(self):
        for depth in ["1", "5000"]:
            answer = ask({"model": "openrouter/fusion", "messages": QUESTION}, **{"x-openrouter-fusion-depth": depth})
            self.assertEqual(answer.status_code, 200, answer.text[:300])
            self.assertNotIn("fusion", answer.json())
        for depth in ["0", "-3", "none"]:
            answer = ask({"model": "openrouter/fusion", "messages": QUESTION}, **{"x-openrouter-fusion-depth": depth})
            self.assertIn("fusion", answer.json())

    def test_metadata_of_a_stream(self):
        answer = ask({**PLAIN, "stream": True}, **{"X-OpenRouter-Metadata": "enabled"})
        last = [line for line in answer.text.splitlines() if line.startswith("data: {")][-1]
        self.assertEqual(json.loads(last[6:])["openrouter_metadata"]["requested"], PLAIN["model"])
        body = {"model": PLAIN["model"], "input": "Hello", "stream": True}
        answer = ask(body, path="/v1/responses", **{"X-OpenRouter-Metadata": "enabled"})
        last = [line for line in answer.text.splitlines() if line.startswith("data: {")][-1]
        self.assertEqual(json.loads(last[6:])["response"]["openrouter_metadata"]["strategy"], "direct")


class Members(unittest.TestCase):
    def delete(self, path, key=system.KEY):
        return httpx.delete(running.http + path, headers={"Authorization": f"Bearer {key}"}, timeout=60)

    def test_one_member_is_given_up(self):
        slow = "simulator/model-a+latency-20000"
        body = {
            "model": "openrouter/fusion", "messages": QUESTION,
            "plugins": [{"id": "fusion", "analysis_models": ["openai/gpt-5.5", slow, "openai/gpt-4.1"]}],
        }
        id = ask(body, path="/v1/deliberations").json()["id"]
        members = f"/v1/deliberations/{id}/members"
        # what is another tenant's is not there, open or not
        for path in [f"/v1/deliberations/{id}", f"{members}/1", f"/v1/deliberations/{id}/events"]:
            self.assertEqual(get(path, key=system.OTHER).status_code, 404 if "members" not in path else 405)
        for path in [f"/v1/deliberations/{id}", f"{members}/1"]:
            self.assertEqual(self.delete(path, key=system.OTHER).status_code, 404)
        live = {"Accept": "text/event-stream", "Authorization": f"Bearer {system.OTHER}"}
        answer = httpx.get(f"{running.http}/v1/deliberations/{id}/events", headers=live, timeout=60)
        self.assertEqual(answer.status_code, 404)
        # a zero byte ends no path: this would give up all of it
        self.assertEqual(self.delete(f"/v1/deliberations/{id}%00/members/1").status_code, 404)
        self.assertEqual(self.delete(f"/v1/deliberations/{id}%00").status_code, 404)
        end = time.monotonic() + 10
        while self.delete(f"{members}/3").status_code != 404 and time.monotonic() < end:
            time.sleep(0.1)
        for member in [3, 7, 8, -1]:
            self.assertEqual(self.delete(f"{members}/{member}").status_code, 404, member)
        self.assertEqual(get(f"/v1/deliberations/{id}").json()["status"], "open")
        self.assertEqual(self.delete(f"{members}/1").status_code, 202)
        answer = ended(id)
        self.assertEqual(answer["status"], "completed")
        fusion = answer["result"]["fusion"]
        self.assertEqual([one["model"] for one in fusion["responses"]], ["openai/gpt-5.5", "openai/gpt-4.1"])
        self.assertEqual([(one["model"], one["reason"]) for one in fusion["failed_models"]], [(slow, "cancelled")])

    def test_events_go_on_where_a_reader_was_cut_off(self):
        id = ask(path="/v1/deliberations").json()["id"]
        ended(id)

        def ids(**more):
            headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {system.KEY}", **more}
            answer = httpx.get(f"{running.http}/v1/deliberations/{id}/events", headers=headers, timeout=60)
            return [line[4:] for line in answer.text.splitlines() if line.startswith("id: ")]

        every = ids()
        self.assertGreater(len(every), 3)
        self.assertEqual(ids(**{"Last-Event-ID": every[1]}), every[2:])
        self.assertEqual(ids(**{"Last-Event-ID": "nothing"}), every)


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
        body = {**PLAIN, "model": "simulator/model-a+latency-11000", "stream": True}
        lines = [line for line in ask(body).text.splitlines() if line]
        # after each five seconds of silence
        self.assertGreaterEqual(lines.count(": OPENROUTER PROCESSING"), 2)
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


class Restarted(unittest.TestCase):
    """A system of its own, whose services are disturbed."""

    @classmethod
    def setUpClass(cls):
        cls.own = system.System(system.configuration(gateway={"max_followers": 2}))

    @classmethod
    def tearDownClass(cls):
        cls.own.stop()

    def ask(self, *arguments, **more):
        # a gateway that begins anew has another port
        return ask(*arguments, url=self.own.run()["http"], **more)

    def patient(self, status, **more):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                answer = self.ask(**more)
                if answer.status_code == status:
                    return answer
            except httpx.HTTPError as error:
                answer = error
            time.sleep(0.2)
        raise AssertionError(f"{status} does not come: {answer}")

    def test_what_the_day_has_cost_is_remembered(self):
        self.assertEqual(self.ask(key=system.POOR).status_code, 200)
        mark = hashlib.sha256(system.POOR.encode()).hexdigest()[:16]
        end = time.monotonic() + 30
        cost = 0
        while not cost and time.monotonic() < end:
            time.sleep(0.2)
            days = httpx.get(self.own.run()["ledger"] + "/v1/totals", params={"tenant": "acme"}).json()["days"]
            cost = sum(day["cost"] for day in days if day["key"] == mark)
        self.assertGreater(cost, 0)
        os.kill(self.own.pid("gateway"), signal.SIGKILL)
        self.patient(402, key=system.POOR)
        # what one key has cost is no other's, though both are one tenant's
        self.assertEqual(self.patient(200, key=system.POOR_TOO).status_code, 200)

    def test_so_many_may_follow(self):
        slow = {**PLAIN, "model": "simulator/model-a+latency-5000"}
        id = self.ask(slow, path="/v1/deliberations").json()["id"]
        url = f"{self.own.run()['http']}/v1/deliberations/{id}/events"
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {system.KEY}"}
        with httpx.stream("GET", url, headers=headers, timeout=60) as first:
            self.assertEqual(first.status_code, 200)
            refused = httpx.get(url, headers=headers, timeout=60)
            self.assertEqual(refused.status_code, 429)
            self.assertEqual(refused.headers["retry-after"], "1")
            self.assertIn("gateway.max_followers", refused.text)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with httpx.stream("GET", url, headers=headers, timeout=60) as again:
                if again.status_code == 200:
                    break
            time.sleep(0.2)
        self.assertEqual(again.status_code, 200)

    def test_while_the_ledger_is_silent(self):
        known = self.ask(**{"Idempotency-Key": "before"}).json()
        ledger = self.own.pid("ledger")
        os.kill(ledger, signal.SIGSTOP)
        try:
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                kept = pool.submit(self.ask, **{"Idempotency-Key": "meanwhile"})
                plain = pool.submit(self.ask)
                same = pool.submit(self.ask, **{"Idempotency-Key": "before"})
                accepted = pool.submit(self.ask, path="/v1/deliberations")
                self.assertEqual(plain.result().status_code, 200)
                self.assertEqual(kept.result().status_code, 503)
                self.assertEqual(kept.result().headers["retry-after"], "1")
                # what this gateway saw itself is still told
                self.assertEqual(same.result().json(), known)
                # and nobody is told that an ask is safe which the ledger does not hold
                self.assertEqual(accepted.result().status_code, 503)
        finally:
            os.kill(ledger, signal.SIGCONT)
        self.patient(200, **{"Idempotency-Key": "meanwhile"})


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

    def test_a_key_of_an_ask_that_nobody_waits_for(self):
        slow = {**PLAIN, "model": "simulator/model-a+latency-2500"}
        other = {**slow, "messages": [{"role": "user", "content": "Another question"}]}
        key = {"Idempotency-Key": "unattended"}
        path = "/v1/deliberations"
        first = ask(slow, path=path, **key)
        self.assertEqual(first.status_code, 202)
        id = first.json()["id"]
        for url in [None, self.url]:
            again = ask(slow, path=path, url=url, **key)
            self.assertEqual((again.status_code, again.json()["id"]), (202, id))
            self.assertEqual(ask(other, path=path, url=url, **key).status_code, 422)
        self.assertEqual(ended(id)["status"], "completed")
        for url in [None, self.url]:
            again = ask(slow, path=path, url=url, **key)
            self.assertEqual((again.status_code, again.json()["id"]), (202, id))
            self.assertEqual(again.json()["status"], "completed")
            self.assertEqual(ask(other, path=path, url=url, **key).status_code, 422)
            self.assertEqual(ask(slow, url=url, **key).json()["id"], id)

    def test_a_key_is_its_tenants_own_and_streams_too(self):
        key = {"Idempotency-Key": "of-two-tenants"}
        other = {**PLAIN, "messages": [{"role": "user", "content": "Another question"}]}
        mine, theirs = ask(**key), ask(other, key=system.OTHER, **key)
        self.assertEqual((mine.status_code, theirs.status_code), (200, 200))
        self.assertNotEqual(mine.json()["id"], theirs.json()["id"])
        body = {**PLAIN, "model": "simulator/model-a+words-20+pace-20", "stream": True}
        key = {"Idempotency-Key": "streamed"}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            streams = list(pool.map(lambda url: ask(body, url=url, **key), [None, self.url]))
        streams.append(ask(body, url=self.url, **key))

        def text(answer):
            chunks = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
            return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])

        self.assertEqual(len({answer.headers["x-generation-id"] for answer in streams}), 1)
        self.assertTrue(text(streams[0]))
        self.assertEqual(len({text(answer) for answer in streams}), 1)

    def test_one_that_ends_cancels_nothing(self):
        process, url = running.gateway("gateway-3")
        end = time.monotonic() + 30
        while ask(url=url).status_code != 200 and time.monotonic() < end:
            time.sleep(0.1)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waits = pool.submit(ask, {**PLAIN, "model": "simulator/model-a+latency-3000"}, url=url)
            time.sleep(1)
            process.terminate()
            answer = waits.result()
        self.assertEqual(answer.status_code, 503)
        self.assertEqual(ended(answer.headers["x-generation-id"])["status"], "completed")

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
