"""A fresh company gets its starters once."""

import threading

from typer.testing import CliRunner

from orkwork.cli.main import commands
from orkwork.core import door
from orkwork.core.actor import Role, system
from orkwork.core.errors import Forbidden
from orkwork.domains.agents import service as agents
from orkwork.domains.demo.rules import plan
from orkwork.domains.demo.schemas import SeedOut
from orkwork.domains.demo.service import seeding
from orkwork.domains.sla import queries as sla_queries
from orkwork.domains.sla.service import ruling
from tests.demo.company_state import everything, rows
from tests.factories import Company


def seed() -> SeedOut:
    return door.run(system("test"), seeding.seed_starter, write=True)


def test_the_starters_and_the_plan_are_there(company: Company) -> None:
    made = seed()
    assert (made.agents, made.projects, made.tasks) == (5, 1, len(plan.STEPS) + len(plan.PHASES))
    found = rows("select a.name, m.name as manager from agents a left join agents m on m.id = a.manager_id order by 1")
    assert [(row["name"], row["manager"]) for row in found] == [
        ("CLAUDE", "CTO"), ("CODE", "CTO"), ("CTO", None), ("PM", "CTO"), ("QA", "CTO"),
    ]  # fmt: skip
    assert rows("select name, key_prefix from projects") == [{"name": "orkwork v2", "key_prefix": "ORK"}]
    assert [row["title"] for row in rows("select title from tasks where status = 'READY'")] == [
        "1.1 Schema and migrations"
    ]
    lonely = rows(
        "select t.title from tasks t where not exists (select from agents a where (select bool_and(c.name is not null) "
        "from unnest(t.required_capabilities) n left join (agent_capabilities ac join capabilities c on "
        "c.id = ac.capability_id) on c.name = n and ac.agent_id = a.id))"
    )
    assert not lonely, "nobody could ever claim these"


def test_the_usual_promises_are_there_and_what_was_deleted_stays_so(company: Company) -> None:
    assert seed().sla_rules == 3
    found = rows("select priority, response_minutes, resolution_minutes from sla_rules order by 3")
    assert [tuple(row.values()) for row in found] == [("urgent", 15, 240), ("high", 60, 1440), (None, 480, 4320)]
    for rule in company.do(sla_queries.rules):
        company.do(ruling.delete_rule, rule.id)
    assert seed().sla_rules == 0
    assert rows("select from sla_rules") == []


def test_seeding_again_changes_nothing_even_after_people_did(company: Company) -> None:
    seed()
    tester = rows("select id from agents where name = 'QA'")[0]["id"]
    company.do(agents.retire_agent, tester)
    before = everything(), rows("select count(*) as n from events")
    assert seed() == SeedOut(agents=0, projects=0, tasks=0)
    assert (everything(), rows("select count(*) as n from events")) == before


def test_two_at_once_seed_once(company: Company) -> None:
    found: list[SeedOut] = []
    threads = [threading.Thread(target=lambda: found.append(seed())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made.agents for made in found) == [0, 0, 0, 5]
    assert len(rows("select from projects")) == 1


def test_only_the_owner_may(company: Company) -> None:
    for role in (Role.ADMIN, Role.MEMBER, Role.VIEWER):
        try:
            company.do(seeding.seed_starter, actor=company.person(role).actor)
        except Forbidden:
            continue
        raise AssertionError(role)
    assert company.do(seeding.seed_starter).agents == 5


def test_a_taken_prefix_is_stepped_around(company: Company) -> None:
    company.project("Orkney ferries", key_prefix="ORK")
    seed()
    assert [row["key_prefix"] for row in rows("select key_prefix from projects order by 1")] == ["ORK", "ORK2"]


def test_the_command_says_what_it_did(company: Company) -> None:
    app = commands(["seed"])
    first = CliRunner().invoke(app, ["seed"])
    assert first.exit_code == 0, first.output
    assert "Made 5 agents, 1 project and 50 tasks." in first.output
    again = CliRunner().invoke(app, ["seed"])
    assert "Nothing to add" in again.output
