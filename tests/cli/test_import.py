"""`orkwork import tracker` says in one sentence what it did, or what is wrong with the file."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from orkwork.cli.main import commands
from tests.demo.company_state import rows
from tests.factories import Company

ISSUE = {"number": 4, "title": "Rope frays", "state": "OPEN", "url": "https://github.com/acme/rope/issues/4"}


def run(*arguments: str) -> Result:
    line = ["import", "tracker", *arguments]
    return CliRunner().invoke(commands(line), line)


def written(folder: Path, content: Any) -> str:
    path = folder / "issues.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_it_says_what_it_added_and_then_that_nothing_is_new(company: Company, tmp_path: Path) -> None:
    path = written(tmp_path, [ISSUE])
    first = run(path, "--project", "RP", "--ready")
    assert first.exit_code == 0, first.output
    assert first.output == "Imported acme/rope into rope (RP): 1 task, 0 comments, 0 labels and 1 person.\n"
    assert rows("select key, status from tasks") == [{"key": "RP-4", "status": "READY"}]
    again = run(path)
    assert again.output == "Nothing new: what acme/rope has is in rope (RP) already.\n"


@pytest.mark.parametrize("content", ["", "{", "[]", [{"number": 4}], {"repo": "acme/rope"}])
def test_a_bad_file_gives_one_sentence_and_changes_nothing(company: Company, tmp_path: Path, content: Any) -> None:
    refused = run(written(tmp_path, content))
    assert refused.exit_code == 1
    assert refused.stderr.startswith("This file can't be imported: ")
    assert "Traceback" not in refused.output
    assert not rows("select from projects")


def test_a_file_that_is_not_there_and_a_name_that_is_none(company: Company, tmp_path: Path) -> None:
    missing = run(str(tmp_path / "none.json"))
    assert (missing.exit_code, "can't be read" in missing.stderr) == (2, True)
    nameless = run(written(tmp_path, [ISSUE]), "--project", "")
    assert nameless.exit_code == 1
    assert "project: must be a key prefix" in nameless.stderr
    assert not rows("select from projects")
