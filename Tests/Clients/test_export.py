"""What `conclave export --format flat` writes, as a table of columns reads it."""

import io
import subprocess
import unittest

import httpx
import pyarrow.json
import pyarrow.parquet

import system

QUESTION = {"model": "openrouter/fusion", "messages": [{"role": "user", "content": "Tea, \"coffee\" or\nwater?"}]}


def setUpModule():
    global running
    running = system.System()
    for question in (QUESTION, {**QUESTION, "model": "openai/gpt-5.5"}):
        answer = httpx.post(
            running.http + "/v1/chat/completions", json=question, timeout=60,
            headers={"Authorization": f"Bearer {system.KEY}"},
        )
        assert answer.status_code == 200, answer.text


def tearDownModule():
    running.stop()


def export(table, wanted):
    """The rows once there are so many, as bytes."""
    for _ in range(200):
        done = subprocess.run(
            [system.PROGRAMS / "conclave", "export", table, "--format", "flat"],
            env=running.environment, capture_output=True, check=True, timeout=60,
        )
        if done.stdout.count(b"\n") >= wanted and b'"status":"open"' not in done.stdout:
            return done.stdout
    raise AssertionError(f"{table}: no {wanted} rows: {done.stdout[:500]!r}")


class Export(unittest.TestCase):
    def test_every_table_becomes_parquet_and_each_row_alone_has_its_columns(self):
        # a plain call has neither a panel nor a judge: a column of which nothing is known yet is null, and still there
        for table, wanted in (("deliberations", 2), ("calls", 6), ("events", 15)):
            with self.subTest(table):
                text = export(table, wanted)
                whole = pyarrow.json.read_json(io.BytesIO(text))
                self.assertEqual(whole.num_rows, text.count(b"\n"))
                nested = [field for field in whole.schema if pyarrow.types.is_nested(field.type)]
                self.assertEqual(nested, [])
                parquet = io.BytesIO()
                pyarrow.parquet.write_table(whole, parquet)
                self.assertTrue(pyarrow.parquet.read_table(parquet).equals(whole))
                for line in text.splitlines():
                    alone = pyarrow.json.read_json(io.BytesIO(line))
                    self.assertEqual(alone.schema.names, whole.schema.names)
                    for field in alone.schema:
                        same = field.type == whole.schema.field(field.name).type
                        self.assertTrue(same or pyarrow.types.is_null(field.type), f"{table}.{field.name}: {field.type}")
