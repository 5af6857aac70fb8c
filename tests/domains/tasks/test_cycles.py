"""No dependency closes a cycle."""

import pytest

from orkwork.core.errors import Conflict
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.schemas import AgentIn
from orkwork.domains.tasks.schemas import DependencyIn
from orkwork.domains.tasks.service import dependencies
from tests.factories import Company


def test_a_dependency_that_would_close_a_cycle_is_refused(company: Company) -> None:
    project, other = company.project(), company.project("Other")
    first = company.task(project, "first")
    second = company.task(other, "second", depends_on=[first.key])
    third = company.task(project, "third", depends_on=[second.key])
    for task, need in ((first, third), (first, second), (first, first)):
        with pytest.raises(Conflict) as refused:
            company.do(dependencies.add_dependency, task.key, DependencyIn(depends_on=need.key))
        assert refused.value.code == "task.cycle"


def test_a_name_that_is_taken_is_refused_in_words(company: Company) -> None:
    company.agent("Mira")
    with pytest.raises(Conflict) as refused:
        company.do(agents.create_agent, AgentIn(name="mira"))
    assert refused.value.code == "agent.name_taken"
