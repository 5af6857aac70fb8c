"""`make chaos`: 200 kills under load, every failpoint and every service; ends with 1 when a promise was broken."""

import argparse
import sys

from tests.chaos.run import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same order of kills")
    parser.add_argument("--minutes", type=float, default=40, help="the longest the kills may take")
    options = parser.parse_args()
    report = run(options.kills, options.seed, options.minutes * 60)
    print("\n".join(report.lines()))
    sys.exit(bool(report.broken or report.slow))
