"""Quick acts of the first page that are not about a waiting decision: assign, pause and resume.

The page reads itself again when it hears of what they changed, as it does whoever made the change.
"""

from typing import Any
from uuid import UUID

import reflex as rx

from orkwork.domains.agents import service as agents
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import assignment, claims, lifecycle
from orkwork.ui.screen import Screen, handler, toast


class Acts(Screen, rx.State):
    """What can be done in place; it holds nothing."""

    @handler
    async def assign(self, ref: str, agent_id: str):
        """Give a ready task to the agent that stands beside it."""
        given = (await self.do(claims.assign, str(ref)[:40], AssignIn(agent_id=UUID(str(agent_id))))).parse()
        who = given.claims[0].task.assignee_name or ""
        return toast("{key} goes to {name}", key=str(ref), name=who, href=f"/tasks/{ref}", undo=Acts.release(str(ref)))

    @handler
    async def ask_who(self, ref: str):
        """Nobody suits a task: ask a person, as a decision."""
        given = (await self.do(assignment.assign_best, str(ref)[:40])).parse()
        if given.claims:
            who = given.claims[0].task.assignee_name or ""
            return toast("{key} goes to {name}", key=str(ref), name=who, undo=Acts.release(str(ref)))
        return toast(
            "Nobody suits {key} now", key=str(ref), tone="warn", hint="It waits for your decision.", href="/decisions"
        )

    @handler
    async def release(self, ref: str):
        """Take the task back from its agent."""
        await self.do(lifecycle.transition, str(ref)[:40], MoveIn(to=Status.READY))

    @handler
    async def pause(self, agent_id: str):
        """Give an agent no more work."""
        found = await self._set(agent_id, AgentStatus.PAUSED)
        return toast("{name} is paused", name=found.name, undo=Acts.resume(str(agent_id)))

    @handler
    async def resume(self, agent_id: str):
        """Give a paused agent work again."""
        found = await self._set(agent_id, AgentStatus.ACTIVE)
        return toast("{name} works again", name=found.name, undo=Acts.pause(str(agent_id)))

    async def _set(self, agent_id: str, status: AgentStatus) -> Any:
        return await self.do(agents.update_agent, UUID(str(agent_id)), AgentPatch(status=status))
