"""Runs the rows that are asked for, prints one table and writes it as JSON. Usually started by run.sh."""

import argparse
import json
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from bench import figures, http_rows, large_fleet, page_row, probing, process_rows, scaling_row  # noqa: E402


def runs(svg_path):
    """What is run together, and the rows that it fills."""
    return [
        ((1,), probing.row_1),
        ((2,), probing.row_2),
        ((3, 6, 9), large_fleet.rows_3_6_9),
        ((4,), probing.row_4),
        ((5,), page_row.row_5),
        ((7,), http_rows.row_7),
        ((8,), http_rows.row_8),
        ((9,), process_rows.row_9),
        ((10,), process_rows.row_10),
        ((11,), lambda is_quick: scaling_row.row_11(is_quick, svg_path)),
        ((12,), process_rows.row_12),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="each row for a moment: shows that it runs, and no figure")
    parser.add_argument("--rows", default=",".join(map(str, figures.ROWS)), help="such as 1,2,7")
    parser.add_argument("--out", default="build/bench", help="the folder of the JSON file and of the plot")
    options = parser.parse_args()
    wanted = {int(row) for row in options.rows.split(",")}
    os.makedirs(options.out, exist_ok=True)
    load_before, began = os.getloadavg()[0], time.monotonic()
    found = []
    for rows, run in runs(os.path.join(options.out, "scaling.svg")):
        if not wanted.intersection(rows):
            continue
        print(f"row {', '.join(map(str, rows))}: {figures.ROWS[rows[0]]} ...", file=sys.stderr, flush=True)
        row_began = time.monotonic()
        try:
            found += [figure for figure in run(options.quick) if figure.row in wanted]
        except Exception:  # one row that fails must not cost the minutes of the others
            traceback.print_exc()
        print(f"    {time.monotonic() - row_began:.0f} s", file=sys.stderr, flush=True)
    found.sort(key=lambda figure: figure.row)
    report = figures.report(found, time.monotonic() - began, load_before, options.quick)
    with open(os.path.join(options.out, "bench.json"), "w") as file:
        json.dump(report, file, indent=1)
    print(figures.table(found))
    silent = wanted - {figure.row for figure in found}
    assert not silent, f"rows without a figure: {sorted(silent)}"
    if options.quick:
        print("\n--quick: these figures show that each row runs, and mean nothing else.")


if __name__ == "__main__":
    main()
