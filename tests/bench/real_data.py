"""Where the recorded files lie, and the mark for tests that read them."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("ORKWORK_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
RUN = DATA / "agent_runs" / "acr-run-1.tar.gz"
DAGS = DATA / "dags"
needs_data = pytest.mark.skipif(not RUN.exists(), reason="needs the recorded files in ../shared/data or ORKWORK_DATA")
