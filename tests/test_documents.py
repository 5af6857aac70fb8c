"""Documents that repeat the code are not stale."""

import json
import re
from pathlib import Path

from orkwork.domains.executions.rules.failures import CATALOGUE, Meaning
from orkwork.domains.tasks.models import Failure, Status
from orkwork.domains.tasks.rules import TRANSITIONS
from orkwork.web.app import create_api

ROOT = Path(__file__).parent.parent


def test_openapi_json_is_what_the_api_says() -> None:
    kept = json.loads((ROOT / "docs" / "openapi.json").read_text())
    said = json.loads(json.dumps(create_api().openapi()))
    assert kept == said, "docs/openapi.json is stale: run `make openapi`"


def test_the_agents_guide_has_the_transition_table() -> None:
    guide = (ROOT / "docs" / "agents.md").read_text()
    rows = dict(re.findall(r"^\| ([A-Z_]+) \| (.+) \|$", guide, re.MULTILINE))
    told = {Status(name): tuple(Status(word) for word in re.findall(r"[A-Z_]{4,}", row)) for name, row in rows.items()}
    assert told == TRANSITIONS


def test_every_link_between_documents_leads_somewhere() -> None:
    dead = []
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text()):
            if "://" not in target and not (path.parent / target).exists():
                dead.append(f"{path.relative_to(ROOT)} -> {target}")
    assert not dead


def test_the_page_on_executions_has_the_list_of_failures() -> None:
    page = (ROOT / "docs" / "executions.md").read_text()
    rows = re.findall(r"^\| `([a-z_]+)` \| (.+) \| (yes|no) \| (.+) \|$", page, re.MULTILINE)
    told = {Failure(name): Meaning(what, passing == "yes", advice) for name, what, passing, advice in rows}
    assert told == CATALOGUE
