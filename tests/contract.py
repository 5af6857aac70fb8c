"""The API's document as it is committed; tests/test_documents.py says when it is stale."""

import json
from pathlib import Path
from typing import Any

API: dict[str, Any] = json.loads((Path(__file__).parent.parent / "docs" / "openapi.json").read_text())
