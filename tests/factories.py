"""Makes people, agents, projects and tasks through the product's own operations."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from orkwork.core import clock, door
from orkwork.core.actor import SCOPES, Actor, ActorKind, Role, system
from orkwork.core.credentials import digest
from orkwork.core.ids import uuid7
from orkwork.core.operation import entry_of
from orkwork.core.work import Work
from orkwork.domains.agents import service as agent_service
from orkwork.domains.agents.schemas import AgentIn, AgentOut, KeyIn
from orkwork.domains.auth import rules as auth_rules
from orkwork.domains.auth.models import User, UserSession
from orkwork.domains.projects import service as project_service
from orkwork.domains.projects.schemas import ProjectIn, ProjectOut
from orkwork.domains.tasks.schemas import TaskIn, TaskOut
from orkwork.domains.tasks.service import creating


@dataclass(frozen=True)
class Person:
    """A user with a live session."""

    actor: Actor
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What the browser sends."""
        return {"Cookie": f"orkwork_session={self.token}", "Origin": "http://localhost:8000"}


@dataclass(frozen=True)
class Worker:
    """An agent with a key."""

    out: AgentOut
    key: str

    @property
    def id(self) -> UUID:
        """The agent's id."""
        return self.out.id

    @property
    def headers(self) -> dict[str, str]:
        """What the agent sends."""
        return {"Authorization": f"Bearer {self.key}"}


class Company:
    """Fills the database; everything commits."""

    def __init__(self) -> None:
        """Start with an owner."""
        self.owner = self.person(Role.OWNER)
        self._count = 0

    def person(self, role: Role, name: str | None = None) -> Person:
        """A person with a session."""
        user_id, token = uuid7(), auth_rules.new_token()

        def make(work: Work) -> UUID:
            work.add(User(id=user_id, name=name or role.value.title(), role=role))
            session = UserSession(
                user_id=user_id, token_hash=digest(token), expires_at=clock.now() + auth_rules.SESSION_LIFETIME
            )
            work.add(session)
            return session.id

        session_id = door.run(system("test"), make, write=True)
        return Person(
            Actor(ActorKind.USER, user_id, name or role.value.title(), role=role, session_id=session_id), token
        )

    def do(self, fn: Any, *args: Any, actor: Actor | None = None, **kwargs: Any) -> Any:
        """Run an operation or query as someone, the owner unless said."""
        entry = entry_of(fn)
        who = actor or self.owner.actor
        return door.run(who, lambda work: fn(work, *args, **kwargs), write=entry.writes, atomic=entry.atomic)

    def agent(self, name: str | None = None, *, scopes: list[str] | None = None, **fields: Any) -> Worker:
        """An agent with a key of all scopes."""
        self._count += 1
        body = AgentIn.model_validate({"name": name or f"agent-{self._count}", "max_concurrent_tasks": 100} | fields)
        out = self.do(agent_service.create_agent, body)
        key = self.do(agent_service.create_key, out.id, KeyIn(name="test", scopes=scopes or list(SCOPES)))
        return Worker(out, key.key)

    def project(self, name: str = "Halyard", **fields: Any) -> ProjectOut:
        """A project."""
        return self.do(project_service.create_project, ProjectIn(name=name, **fields))

    def task(self, project: ProjectOut, title: str = "Reconcile payouts", **fields: Any) -> TaskOut:
        """A task."""
        return self.do(creating.create_task, TaskIn(project_id=project.id, title=title, **fields)).parse()
