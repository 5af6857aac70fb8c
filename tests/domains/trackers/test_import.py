"""Trackers come in once, whole, and again only with what is new."""

import gzip
import json
import threading
from collections import Counter
from typing import Any

import pytest

from orkwork.core import door
from orkwork.core.actor import system
from orkwork.core.errors import Conflict, Invalid
from orkwork.domains.trackers import rules, service
from orkwork.domains.trackers.schemas import Imported
from tests.bench.real_data import DATA
from tests.factories import Company

MOQ = DATA / "issue_trackers" / "moq-transport.archive.2024-01-21.json.gz"


def remark(author: str | None, body: str, at: str) -> dict[str, Any]:
    return {"author": author, "body": body, "createdAt": at, "updatedAt": at}


def issue(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "number": number,
        "title": f"Issue {number}",
        "url": f"https://github.com/acme/rope/issues/{number}",
        "state": "OPEN",
        "author": "ada",
        "assignees": [],
        "labels": [],
        "body": "It **breaks**.\r\n",
        "createdAt": "2023-03-01T10:00:00Z",
        "updatedAt": "2023-03-02T11:30:00Z",
        "closedAt": None,
        "comments": [],
    } | fields


def archive(*issues: dict[str, Any], pulls: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    labels = [{"name": "bug", "description": "Something is wrong", "color": "d73a4a"}]
    return {"repo": "acme/rope", "labels": labels, "issues": list(issues), "pulls": list(pulls)}


SMALL = archive(
    issue(2, labels=["bug"], assignees=["Bob"], comments=[remark("cy", "Me too", "2023-03-01T12:00:00Z")]),
    issue(3, state="CLOSED", closedAt="2023-03-02T11:30:00Z"),
    issue(5, state="CLOSED", stateReason="NOT_PLANNED", author=None),
    pulls=(
        issue(4, state="MERGED", url="https://github.com/acme/rope/pull/4", closedAt="2023-03-03T00:00:00Z"),
        issue(
            7,
            state="CLOSED",
            reviews=[
                {
                    "author": "bob",
                    "state": "APPROVED",
                    "body": "",
                    "createdAt": "2023-03-02T00:00:00Z",
                    "comments": [{"body": "nit", "createdAt": "2023-03-02T00:00:00Z"}] * 2,
                }
            ],
        ),
    ),
)


def load(content: Any, **options: Any) -> Imported:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    found = rules.read(data)
    return door.run(system("test"), lambda work: service.import_tracker(work, found, **options), write=True)


def rows(statement: str) -> list[dict[str, Any]]:
    return door.run(system("test"), lambda work: work.all(statement), write=False)


def test_an_archive_becomes_a_project_with_everything_in_it(company: Company) -> None:
    made = load(SMALL)
    assert (made.project, made.tasks, made.comments, made.labels, made.people) == ("rope", 5, 4, 1, 4)
    tasks = {row["number"]: row for row in rows("select * from tasks")}
    assert [(n, tasks[n]["kind"], tasks[n]["status"]) for n in sorted(tasks)] == [
        (2, "issue", "CREATED"),
        (3, "issue", "COMPLETED"),
        (4, "pull_request", "COMPLETED"),
        (5, "issue", "CANCELLED"),
        (7, "pull_request", "CANCELLED"),
    ]
    second = tasks[2]
    assert (second["key"], second["source"], second["external_id"]) == (f"{made.key_prefix}-2", "github:acme/rope", "2")
    assert second["external_url"] == "https://github.com/acme/rope/issues/2"
    assert second["description"] == "It **breaks**.\r\n"
    assert second["created_at"].isoformat() == "2023-03-01T10:00:00+00:00"
    assert second["updated_at"].isoformat() == "2023-03-02T11:30:00+00:00"
    assert tasks[3]["completed_at"].isoformat() == "2023-03-02T11:30:00+00:00"
    assert rows("select name, color, description from labels") == [
        {"name": "bug", "color": "d73a4a", "description": "Something is wrong"}
    ]
    people = {row["github_login"]: row for row in rows("select * from users where status = 'contributor'")}
    assert sorted(people) == ["Bob", "ada", "cy", "ghost"]
    parts = rows(
        "select t.number, u.github_login, c.part from task_contributors c join tasks t on t.id = c.task_id "
        "join users u on u.id = c.user_id where t.number in (2, 7) order by 1, 2, 3"
    )
    assert [tuple(row.values()) for row in parts] == [
        (2, "Bob", "assignee"), (2, "ada", "author"), (2, "cy", "commenter"),
        (7, "Bob", "commenter"), (7, "ada", "author"),
    ]  # fmt: skip
    said = rows("select body, author_name, author_id from task_comments order by created_at, body")
    assert [row["body"] for row in said] == ["Me too", "_Approved these changes._", "nit", "nit"]
    assert said[0]["author_id"] == people["cy"]["id"]
    assert rows("select next_number from project_counters")[0]["next_number"] == 8


def test_a_second_import_changes_nothing(company: Company) -> None:
    first = load(SMALL)
    before = rows("select count(*) as n, max(seq) as seq from events")
    again = load(gzip.compress(json.dumps(SMALL).encode()))
    assert (again.tasks, again.comments, again.labels, again.people, again.known) == (0, 0, 0, 0, 5)
    assert again.project_id == first.project_id
    assert rows("select count(*) as n, max(seq) as seq from events") == before


def test_a_newer_export_adds_what_is_new_and_leaves_what_was_moved(company: Company) -> None:
    load(SMALL)
    newer = json.loads(json.dumps(SMALL))
    newer["issues"][0]["comments"].insert(0, remark("ada", "Earlier", "2023-03-01T11:00:00Z"))
    newer["issues"][0]["state"] = "CLOSED"
    newer["issues"].append(issue(9, title="Fresh"))
    again = load(newer)
    assert (again.tasks, again.comments, again.people) == (1, 1, 0)
    assert rows("select status from tasks where number = 2") == [{"status": "CREATED"}]


def test_what_gh_lists_is_the_same_tracker(company: Company) -> None:
    load(SMALL)
    person = {"id": "U_1", "login": "ada", "name": "Ada", "is_bot": False}
    comment = {"id": "IC_1", "author": {"login": "cy"}, "body": "Me too", "createdAt": "2023-03-01T12:00:00Z"}
    listed = [
        issue(2, author=person, comments=[comment], labels=[{"name": "bug", "color": "d73a4a"}], assignees=[person]),
        issue(11, author=person, labels=[{"name": "new", "color": "fff", "description": None}], stateReason=""),
    ]
    again = load(listed)
    assert (again.project, again.tasks, again.comments, again.labels, again.known) == ("rope", 1, 0, 1, 1)


def test_ready_offers_open_issues_to_agents(company: Company) -> None:
    made = load(SMALL, ready=True)
    offered = rows("select t.number from ready_tasks r join tasks t on t.id = r.task_id")
    assert [row["number"] for row in offered] == [2]
    assert rows("select ready_at is not null as ready from tasks where number = 2")[0]["ready"]
    assert made.tasks == 5


def test_numbers_that_are_taken_go_to_the_end(company: Company) -> None:
    project = company.project("Rope")
    for title in ("one", "two"):
        company.task(project, title)
    made = load(SMALL, project="rope")
    assert made.project_id == project.id
    keys = {row["external_id"]: row["number"] for row in rows("select * from tasks where external_id is not null")}
    assert keys == {"2": 8, "3": 3, "4": 4, "5": 5, "7": 7}
    assert rows("select github_repository from projects") == [{"github_repository": "acme/rope"}]
    assert company.task(project, "next").key == f"{project.key_prefix}-9"


def test_a_tracker_stays_in_one_project(company: Company) -> None:
    load(SMALL, project="RP")
    assert rows("select name, key_prefix from projects") == [{"name": "rope", "key_prefix": "RP"}]
    with pytest.raises(Conflict, match="before"):
        load(SMALL, project="Another")
    other = archive(issue(1)) | {"repo": "acme/other"}
    with pytest.raises(Conflict, match="belongs to acme/rope"):
        load(other, project="RP")
    assert len(rows("select from projects")) == 1


def test_two_imports_at_once_add_everything_once(company: Company) -> None:
    found: list[Imported] = []
    threads = [threading.Thread(target=lambda: found.append(load(SMALL))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made.tasks for made in found) == [0, 0, 0, 5]
    assert len(rows("select from tasks")) == 5
    assert len(rows("select from task_comments")) == 4


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"not json", "not JSON"),
        (b"\xff\xfe{}", "not UTF-8|not JSON"),
        (gzip.compress(json.dumps(SMALL).encode(), mtime=0)[:-20], "gzip"),
        (b"[" * 100_000, "nested|JSON"),
        ({"repo": "acme/rope"}, "no tracker's export"),
        ([], "empty"),
        (archive(issue(1), issue(1)), "number 1 is there twice"),
        (archive(issue(1, title="")), r"issues\[0\]\.title"),
        (archive(issue(1, title="a\x00b")), r"issues\[0\]\.title: must not contain the NUL"),
        (archive(issue("1")), r"issues\[0\]\.number"),  # pyright: ignore[reportArgumentType]
        (archive(issue(1, createdAt="yesterday")), r"issues\[0\]\.createdAt"),
        (archive(issue(1, createdAt="2023-01-01T00:00:00")), r"issues\[0\]\.createdAt"),
        (archive(issue(1, createdAt="0001-01-01T00:00:00+14:00")), r"issues\[0\]\.createdAt: must lie between"),
        (archive(issue(1, author="İda")), r"issues\[0\]\.author"),
        (archive(issue(1, author={"login": 7})), r"issues\[0\]\.author"),
        (archive(issue(1, body="\ud800")), r"issues\[0\]\.body: must be valid Unicode"),
        (archive(issue(1, labels=[{}])), r"issues\[0\]\.labels\[0\]\.name is missing"),
        (archive(issue(10**12)), r"issues\[0\]\.number"),
        (archive(issue(1, state="SLEEPING")), r"issues\[0\]\.state"),
        (archive(issue(1, comments=[{"body": "x"}])), r"issues\[0\]\.comments\[0\]\.createdAt is missing"),
        (archive() | {"repo": "nonsense"}, "repo"),
        ([{"number": 1}], r"\[0\]\.title is missing"),
        ([issue(1, url=None)], r"\[0\]\.url"),
        ([issue(1), issue(2, url="https://github.com/acme/other/issues/2")], "mixes"),
        ([1, 2], r"\[0\]"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(company: Company, content: Any, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        load(content)
    assert "\n" not in refused.value.message
    assert not rows("select from projects")


@pytest.mark.realdata
@pytest.mark.skipif(not MOQ.exists(), reason="needs the recorded files in ../shared/data or ORKWORK_DATA")
def test_a_real_tracker_comes_in_whole(company: Company) -> None:
    raw = json.loads(gzip.decompress(MOQ.read_bytes()))
    items = [*raw["issues"], *raw["pulls"]]
    made = load(MOQ.read_bytes())
    assert (made.tasks, made.labels, made.key_prefix) == (342, 15, "MOQ")
    states = Counter(item["state"] for item in raw["issues"])
    pulls = Counter(item["state"] for item in raw["pulls"])
    statuses = {row["status"]: row["n"] for row in rows("select status, count(*) as n from tasks group by 1")}
    assert statuses == {
        "CREATED": states["OPEN"] + pulls["OPEN"],
        "COMPLETED": states["CLOSED"] + pulls["MERGED"],
        "CANCELLED": pulls["CLOSED"],
    }
    plain = sum(bool(c["body"].strip()) for item in items for c in item["comments"])
    lines = sum(bool(c["body"].strip()) for p in raw["pulls"] for r in p["reviews"] for c in r["comments"])
    verdicts = ("APPROVED", "CHANGES_REQUESTED")
    reviews = sum(bool(r["body"].strip()) or r["state"] in verdicts for p in raw["pulls"] for r in p["reviews"])
    kinds = rows("select split_part(external_id, ':', 2) as kind, count(*) as n from task_comments group by 1")
    assert {row["kind"]: row["n"] for row in kinds} == {"comment": plain, "line": lines, "review": reviews}
    fifth = next(item for item in items if item["number"] == 43)
    task = rows("select * from tasks where key = 'MOQ-43'")[0]
    assert (task["title"], task["description"]) == (fifth["title"].strip(), fifth["body"])
    assert task["created_at"].strftime("%Y-%m-%dT%H:%M:%SZ") == fifth["createdAt"]
    authors = rows(
        "select count(distinct c.task_id) as n from task_contributors c join users u on u.id = c.user_id "
        "where u.github_login = 'kixelated' and c.part = 'author'"
    )
    assert authors[0]["n"] == sum(item["author"] == "kixelated" for item in items)
    assert load(MOQ.read_bytes()).tasks == 0
