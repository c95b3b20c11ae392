"""Puts the lines of all peers, and what `conclave bench overhead --json` wrote, into one table: of each figure the least,
the middle and the most over the rounds. `table.py FOLDER` reads FOLDER/peers.jsonl and FOLDER/conclave-*.json."""

import glob
import json
import sys


def conclave(path):
    with open(path) as file:
        report = json.load(file)
    for found in report["sections"]["overhead"]["levels"]:
        yield {
            "peer": "Conclave, HTTP door and log (" + report["bus"] + ")",
            "version": report.get("commit", "")[:12],
            "clients": found["clients"],
            "fusions_per_second": found["fusions_per_second"]["median"],
            "p50_seconds": found["overhead_p50_seconds"]["median"],
            "p99_seconds": found["overhead_p99_seconds"]["median"],
            "n": min(found["n"]),
            "errors": found["errors"],
            "cpu_ms_per_fusion": found["cpu_ms_per_fusion"]["median"],
        }


def spread(values, factor, places):
    known = sorted(value * factor for value in values if value is not None)
    if not known:
        return "-"
    figures = [known[0], known[len(known) // 2], known[-1]] if len(known) > 1 else known
    return " / ".join(f"{value:.{places}f}" for value in figures)


def main():
    folder = sys.argv[1]
    with open(folder + "/peers.jsonl") as file:
        found = [json.loads(line) for line in file if line.startswith("{")]
    for path in sorted(glob.glob(folder + "/conclave-*.json")):
        found += conclave(path)
    groups = {}
    for one in found:
        groups.setdefault((one["clients"], one["peer"], one["version"]), []).append(one)
    rows = [("clients", "peer", "version", "fusions/s", "p50 ms over", "p99 ms over", "n", "CPU ms/fusion", "errors")]
    for (clients, peer, version), rounds in sorted(groups.items()):
        errors = sum(sum(one["errors"].values()) if isinstance(one["errors"], dict) else one["errors"] for one in rounds)
        rows.append(
            (
                str(clients),
                peer,
                version,
                spread([one["fusions_per_second"] for one in rounds], 1, 1),
                spread([one["p50_seconds"] for one in rounds], 1000, 1),
                spread([one["p99_seconds"] for one in rounds], 1000, 1),
                str(min(one["n"] for one in rounds)),
                spread([one["cpu_ms_per_fusion"] for one in rounds], 1, 2),
                str(errors),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


main()
