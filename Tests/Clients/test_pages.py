"""The JSON of OpenRouter's pages on fusion, word for word: alias, plugin, tool, forced, flash; streamed and not."""

import concurrent.futures
import json
import unittest

import httpx

import system

QUALITY = ["~anthropic/claude-opus-latest", "~openai/gpt-latest", "~google/gemini-pro-latest"]
FAST = ["~google/gemini-flash-latest", "deepseek/deepseek-v4-flash", "~moonshotai/kimi-latest"]
OPUS, GPT, SONNET = "anthropic/claude-opus-4.8", "openai/gpt-5.5", "anthropic/claude-sonnet-4.6"

# as it stands there; who answers; whose answers there must be (None: the model answers by itself, as it may)
PAGES = [
    (
        """{
  "model": "openrouter/fusion",
  "messages": [
    { "role": "user", "content": "What are the strongest arguments for and against carbon taxes?" }
  ]
}""", OPUS, QUALITY,
    ),
    (
        """{
  "model": "~anthropic/claude-opus-latest",
  "messages": [
    { "role": "user", "content": "What are the strongest arguments for and against carbon taxes?" }
  ],
  "tools": [
    { "type": "openrouter:fusion" }
  ]
}""", OPUS, QUALITY,
    ),
    (
        """{
  "model": "openrouter/fusion-flash",
  "messages": [{ "role": "user", "content": "..." }]
}""", SONNET, FAST,
    ),
    (
        """{
  "model": "openrouter/fusion",
  "plugins": [{ "id": "fusion", "preset": "general-fast" }],
  "messages": [{ "role": "user", "content": "..." }]
}""", SONNET, FAST,
    ),
    (
        """{
    "model": "openrouter/fusion",
    "messages": [
      {"role": "user", "content": "Survey the strongest arguments for and against a carbon tax. Where do experts disagree?"}
    ]
  }""", OPUS, QUALITY,
    ),
    (
        """{
    "model": "openrouter/fusion",
    "plugins": [
      {
        "id": "fusion",
        "analysis_models": ["~anthropic/claude-opus-latest", "~openai/gpt-latest", "~google/gemini-pro-latest"],
        "model": "~openai/gpt-latest"
      }
    ],
    "messages": [
      {"role": "user", "content": "Compare ridge, lasso, and elastic-net regression."}
    ]
  }""", GPT, QUALITY,
    ),
    (
        """{
    "model": "~anthropic/claude-opus-latest",
    "messages": [
      {"role": "user", "content": "Compare ridge, lasso, and elastic-net regression."}
    ],
    "tools": [
      {
        "type": "openrouter:fusion",
        "parameters": {
          "analysis_models": ["~anthropic/claude-opus-latest", "~openai/gpt-latest", "~google/gemini-pro-latest"],
          "model": "~openai/gpt-latest"
        }
      }
    ]
  }""", OPUS, QUALITY,
    ),
    (
        """{
    "model": "openrouter/fusion",
    "messages": [
      {"role": "user", "content": "Compare ridge, lasso, and elastic-net regression."}
    ],
    "tool_choice": "required"
  }""", OPUS, QUALITY,
    ),
    (
        """{
  "model": "openrouter/fusion",
  "plugins": [{ "id": "fusion", "preset": "general-budget" }]
}""", OPUS, FAST,
    ),
    (
        """{
  "tools": [
    {
      "type": "openrouter:fusion",
      "parameters": {
        "analysis_models": [
          "~google/gemini-flash-latest",
          "deepseek/deepseek-v3.2",
          "~moonshotai/kimi-latest"
        ],
        "model": "~anthropic/claude-opus-latest"
      }
    }
  ]
}""", OPUS, ["~google/gemini-flash-latest", "deepseek/deepseek-v3.2", "~moonshotai/kimi-latest"],
    ),
]
# what two of them leave out
REST = {"model": "~anthropic/claude-opus-latest", "messages": [{"role": "user", "content": "Compare tabs and spaces."}]}
ARRAYS = ["blind_spots", "consensus", "contradictions", "partial_coverage", "unique_insights"]


def setUpModule():
    global running
    running = system.System()


def tearDownModule():
    running.stop()


def headers(**more):
    return {"Authorization": f"Bearer {system.KEY}", "Content-Type": "application/json", **more}


class Pages(unittest.TestCase):
    def send(self, text, streamed):
        given = json.loads(text)
        rest = {name: value for name, value in REST.items() if name not in given}
        if streamed:
            rest["stream"] = True
        if rest:
            text = text.rstrip()[:-1] + ", " + json.dumps(rest)[1:]
        url = running.http + "/api/v1/chat/completions"
        return httpx.post(url, content=text.encode(), headers=headers(), timeout=120)

    def check(self, body, id, message, model, panel):
        self.assertEqual(body["id"], id)
        self.assertEqual(body["model"], model)
        self.assertTrue(message)
        generation = httpx.get(f"{running.http}/api/v1/generation?id={id}", headers=headers(), timeout=60).json()["data"]
        self.assertEqual((generation["id"], generation["model"]), (id, model))
        fusion = body.get("fusion")
        if fusion is None:
            # with a tool the model decides: then it is that model's own answer
            self.assertIsNone(generation["router"])
            return False
        self.assertEqual(generation["router"], "openrouter/fusion")
        self.assertEqual(fusion["status"], "ok")
        self.assertEqual([one["model"] for one in fusion["responses"]], panel)
        self.assertTrue(all(one["content"] for one in fusion["responses"]))
        self.assertEqual(sorted(fusion["analysis"]), ARRAYS)
        self.assertTrue(any(fusion["analysis"].values()))
        self.assertEqual(fusion["failed_models"], [])
        return True

    def test_all(self):
        cases = [(page, streamed) for page in PAGES for streamed in (False, True)]
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda case: self.send(case[0][0], case[1]), cases))
        for ((text, model, panel), streamed), answer in zip(cases, answers):
            with self.subTest(page=text, streamed=streamed):
                self.assertEqual(answer.status_code, 200, answer.text[:500])
                id = answer.headers["x-generation-id"]
                if streamed:
                    chunks = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
                    self.assertTrue(answer.text.rstrip().endswith("data: [DONE]"))
                    said = "".join(choice["delta"].get("content", "") for one in chunks for choice in one["choices"])
                    self.assertEqual({one["id"] for one in chunks}, {id})
                    fused = self.check(chunks[-1], id, said, model, panel)
                else:
                    body = answer.json()
                    fused = self.check(body, id, body["choices"][0]["message"]["content"], model, panel)
                # an alias means a panel, whatever the question is
                if json.loads(text).get("model", "").startswith("openrouter/"):
                    self.assertTrue(fused)

    def test_what_they_name_can_be_asked(self):
        for name in ["openai/gpt-5.2", "openai/gpt-5", "anthropic/claude-opus-4.5", "anthropic/claude-sonnet-4.5",
                     "openai/gpt-4.1", "google/gemini-2.5-pro", "deepseek/deepseek-v3.2", "openrouter/fusion-flash:free"]:
            answer = httpx.get(f"{running.http}/api/v1/model/{name}", headers=headers(), timeout=60)
            self.assertEqual(answer.status_code, 200, name)


if __name__ == "__main__":
    unittest.main()
