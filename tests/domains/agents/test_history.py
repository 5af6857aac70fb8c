"""What happened to an agent, and who may know from where."""

from dataclasses import replace
from typing import Any

import pytest

from orkwork.core.actor import Actor, Role
from orkwork.domains.agents import queries, service
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.audit.ui import words
from orkwork.domains.dashboard import queries as dashboard
from tests.domains.tasks.racing import acting
from tests.factories import Company

ADDRESS = "203.0.113.9"


def seen(company: Company, agent: Any, who: Actor) -> set[str | None]:
    """The addresses that somebody finds in the agent's history and in the news."""
    company.do(
        service.update_agent, agent.id, AgentPatch(role="Engineer"), actor=replace(company.owner.actor, ip=ADDRESS)
    )
    news = company.do(dashboard.feed, actor=who) if who.is_user else []
    events = [*company.do(queries.history, agent.id, actor=who), *news]
    assert events
    assert ADDRESS not in str([words.line(event) for event in events])
    return {event.ip for event in events if event.name == "agent.changed"}


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
def test_owners_and_admins_see_from_which_address_an_agent_was_changed(company: Company, role: Role) -> None:
    assert seen(company, company.agent(), company.person(role).actor) == {ADDRESS}


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
def test_members_and_viewers_do_not(company: Company, role: Role) -> None:
    assert seen(company, company.agent(), company.person(role).actor) == {None}


def test_agents_do_not_either(company: Company) -> None:
    agent = company.agent()
    assert seen(company, agent, acting(agent)) == {None}
