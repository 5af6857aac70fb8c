"""Refusals in the reader's language: what an operation refuses says so in English, with names and figures in it.

Each code has its sentences here, with places for what changes, and what to do on a page. A refusal is recognised by its code and
its sentence, and travels to the browser as sentence and parts, which the catalogue translates as it does any text. A part
whose name ends in `word` is a word of the catalogue itself.
"""

import re
from functools import cache
from typing import Any, Final

from orkwork.core.errors import OrkworkError

_PLACE: Final = re.compile(r"\{(\w+)\}")
_OURS: Final = "That is not there any more: reload the page."
_AGAIN: Final = "Try again in a moment."
_OTHER: Final = "Choose another option."

_MORE: Final = "Wait until it begins anew, or ask for a higher budget."


def _spent(*periods: str) -> tuple[tuple[str, str], ...]:
    """What is said of a budget of each period, without and with money set aside."""
    spent = "{name} has spent {spent} of its {budget} USD "
    aside = ", and {reserved} USD are set aside for calls under way"
    return tuple((spent + period + more, _MORE) for period in periods for more in ("", aside))


SAID: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "auth.role": (("{operation} needs the role {role_word}", "Ask an owner for the role."),),
    "auth.owner_link_off": (("Owner links are turned off", "Set ORKWORK_OWNER_LINK=true, or sign in."),),
    "auth.owner_link": (("This link was used, replaced or is too old", "Run `orkwork owner-link` for a fresh one."),),
    "auth.deactivated": (("This account is deactivated", "Ask an owner to activate it."),),
    "auth.not_invited": (("{name} has no invite here", "Ask an owner or admin for one."),),
    "auth.invite": (("This invite was used, taken back or is too old", "Ask for a fresh one."),),
    "auth.invite_github": (("This invite is for {name} on GitHub", "Sign in with GitHub."),),
    "auth.github_off": (("GitHub sign-in is not set up", "Set ORKWORK_GITHUB_CLIENT_ID and ORKWORK_GITHUB_CLIENT_SECRET."),),
    "auth.github_away": (("GitHub did not answer", _AGAIN),),
    "request.stale": (
        ("Version {mine} was named, the row is at version {theirs}", "Somebody changed it meanwhile: look again, then repeat."),
    ),
    "request.rate": (("More than {n} requests in a minute", "Wait {seconds} seconds."),),
    "database.slow": (("The database took too long", _AGAIN),),
    "database.away": (("The database can't be reached", _AGAIN),),
    "database.unknown": (
        (
            "The database went away during the commit; whether it happened is not known",
            "Look whether it is there before you repeat it.",
        ),
    ),
    "user.owner": (("Only an owner can make an owner or change one", "Ask an owner."),),
    "user.last_owner": (("This is the last owner", "Make someone else an owner first."),),
    "invite.accepted": (("The invite was accepted already", "Deactivate the user instead."),),
    "usersession.not_found": (("There is no session {id}", _OURS),),
    "decision.stale": (
        ("It was asked again since you read it", "Read it and decide anew."),
        ("What it is about has changed: {changes}", "It is asked again with what holds now; read it and decide anew."),
    ),
    "decision.tampered": (("The action is not the one that was frozen", "Ask anew."),),
    "decision.asker_gone": (("The asking agent is not active any more", _OTHER),),
    "decision.pending": (("It is not decided yet", "Judge it when it has shown its effect."),),
    "decision.no_likeness": (("It was asked before there were rules", "Take a later one as example."),),
    "decision.has_rule": (("A rule makes decisions like this one already", "Revoke that one first."),),
    "decision.rule_revoked": (("The rule is revoked already", "There is nothing to do."),),
    "decision.no_rule": (("There is no rule {id}", _OURS),),
    "agent.not_found": (("There is no agent {id}", _OURS),),
    "agent.autonomy": (
        ("Only an owner sets an autonomy level", "Ask an owner."),
        (
            "{name} is a tool (autonomy level {n}), which takes no tasks",
            "An owner can raise its autonomy level to 1 or more; or choose another agent.",
        ),
    ),
    "agent.name_taken": (("There is an agent named {name} already", "Choose another name."),),
    "agent.retired": (("{name} is retired", "Create a new agent."),),
    "agent.not_active": (("{name} is {state_word}", "Resume it or choose another agent."),),
    "agent.project": (("{name} may not see this project", "Add the project to the agent, or choose another one."),),
    "agent.lacks": (
        ("{name} lacks {capabilities} for {key}", "Give the agent the capability, take it off the task, or choose another agent."),
    ),
    "agent.looping": (
        ("{name} failed at {key} again and again in the same way", "Choose another agent; a person may still give it the task."),
    ),
    "agent.silent": (("{name} gives no sign of life", "Start it, so that it sends a heartbeat, or choose another agent."),),
    "agent.full": (("{name} holds {n} of {most} tasks", "Wait, raise its limit, or choose another agent."),),
    "agent.over_budget": _spent("today", "this month"),
    "project.over_budget": _spent("altogether"),
    "company.over_budget": _spent("this month"),
    "budget.gone": (("This budget is no more", _OTHER),),
    "budget.not_found": (("There is no budget {id}", _OURS),),
    "cost.not_found": (("There is no cost {id}", _OURS),),
    "cost.correction": (("This row is a correction itself", "Correct the row that it corrects."),),
    "cost.unchanged": (("It stands at {amount} USD already", "Give another amount."),),
    "anomaly.not_found": (("There is no anomaly {id}", _OURS),),
    "anomaly.over": (("It is in line again", "There is nothing left to say about it."),),
    "brief.not_found": (("There is no brief of {day}", "The brief's page lists those that there are."),),
    "forecast.change_set_not_found": (("There is no change set {id}", _OURS),),
    "forecast.nothing_changed": (("Everything is so already", "Try other changes."),),
    "forecast.too_large": (("{name} has more than {n} open tasks", "Forecast its parts as projects of their own."),),
    "forecast.undone": (("These changes were undone already", "Read what stands now."),),
    "apikey.not_found": (("There is no key {id} of this agent", _OURS),),
    "artifact.not_found": (("There is no artifact {id}", _OURS),),
    "artifact.gone": (("The file is not in the storage any more", "Have the run leave it again."),),
    "storage.away": (("The storage of files can't be reached", _AGAIN),),
    "execution.not_found": (
        ("There is no execution {id}", _OURS),
        ("There is no run {id}", "The task's page lists its runs."),
        ("{key} has no run {n}", "Its page lists its runs."),
    ),
    "company.held": (
        ("The company is on hold already", "Resume it first to give another reason."),
        ("The company is on hold", "Wait until it is resumed."),
    ),
    "company.not_held": (("The company is not on hold", "There is nothing to resume."),),
    "decision.not_found": (("There is no decision {id}", _OURS),),
    "decision.decided": (("This is decided already", "Its page says how."),),
    "decision.no_task": (("The decision names no task", _OTHER),),
    "decision.no_agent": (("The agent is gone", _OTHER),),
    "demo.leaving": (("An earlier demo is still being removed", _AGAIN),),
    "job.not_found": (("There is no job {name}", _OURS),),
    "project.not_found": (("There is no project {name}", "The list of projects names all."),),
    "project.held": (("{name} is on hold already", "Resume it first to give another reason."),),
    "project.not_held": (("{name} is {state_word}", "There is nothing to resume."),),
    "project.not_active": (("{name} is {state_word}", "Only an active project can be put on hold."),),
    "project.prefix_taken": (("{prefix} is taken", "Choose another prefix."),),
    "project.history": (("An archived project with history can't be deleted", "It stays archived."),),
    "sla.rule_not_found": (("There is no rule {id}", _OURS),),
    "sla.not_late": (("{key} is not late by its SLA", "Only what is late can be escalated."),),
    "sla.at_the_top": (("{key} was escalated to the CEO already", "It stands under Needs you."),),
    "sla.not_next": (("The next level of {key} is {level}", "Ask for level {level}."),),
    "task.not_found": (("There is no task {key}", "Search for it by its words."),),
    "task.illegal_move": (("{key} is {from_word} and can't become {to_word}", "Take one of the moves that its page offers."),),
    "task.blocked": (
        (
            "{key} waits for {n} unfinished dependencies",
            "Complete or remove them first; a task in PLANNING then becomes READY by itself.",
        ),
    ),
    "task.held": (
        ("The company is on hold, so nothing begins", "Wait until it is resumed; nothing is lost."),
        ("The project of {key} is on hold, so nothing begins", "Wait until it is resumed; nothing is lost."),
    ),
    "task.review_required": (("{key} needs a review before it completes", "Move it to review."),),
    "task.criteria_open": (
        ("{key} has acceptance criteria that nobody verified: {criteria}", "Verify each on its page, or ask for changes."),
    ),
    "task.fence": (("{key} was given on since fence {n}", "Look again: somebody else works on it."),),
    "task.busy": (
        ("{key} keeps changing", _AGAIN),
        ("The tasks keep changing", _AGAIN),
        ("The agents keep changing", _AGAIN),
    ),
    "task.not_offered": (("{key} is not offered now", "It waits to be tried again, or somebody is taking it: look again."),),
    "task.not_due": (("{key} failed and is tried again from {at} UTC", "It is offered again by itself."),),
    "task.nothing_to_cancel": (
        (
            "{key} is {state_word}, and nothing that waits for it can be cancelled",
            "A completed task stays; cancel what depends on it one by one.",
        ),
    ),
    "task.subtree_changed": (("It is {n} tasks now, not {expected}", "Look again at what would be cancelled."),),
    "task.history": (("{key} has a history or dependants", "Cancel it instead."),),
    "task.ended": (("{key} is {state_word}", "Re-open it before its acceptance criteria change."),),
    "task.cycle": (
        ("{key} already waits for this task", "Remove one of the dependencies between them."),
        ("The dependencies form a cycle", "Remove one dependency of the cycle."),
    ),
    "task.started": (("{key} has started, so nothing new can block it", "Release it first, or relate them."),),
    "task.in_review": (("{key} is in review", "It starts again when changes are asked for."),),
    "task.no_bar": (("Nothing keeps {key} from this agent", "Look again: somebody has let it try already."),),
    "dependency.not_found": (("{key} does not wait for {need}", "Look again: somebody has removed it already."),),
    "criterion.not_found": (("{key} has no criterion {id}", _OURS),),
    "criterion.no_evidence": (("Nobody has shown that '{text}' is met", "Give evidence first."),),
    "workflow.not_found": (("There is no workflow {name}", "The list of workflows names all."),),
    "workflow.run_not_found": (("There is no run {id}", "Its workflow lists its runs."),),
    "workflow.version_not_found": (("There is no version {n}", _OURS),),
    "workflow.schedule_not_found": (("There is no schedule {id}", _OURS),),
    "workflow.trigger_not_found": (("There is no trigger {id}", _OURS),),
    "workflow.hook_not_found": (("There is no webhook {id}", _OURS),),
    "workflow.not_active": (("{name} is {state_word}", "Resume it first."),),
    "workflow.archived": (("{name} is archived", "Restore it first."),),
    "workflow.versions": (("It has {n} versions", "Make a new workflow of it."),),
    "workflow.history": (("{name} has runs", "Archive it instead."),),
    "workflow.draft_too_large": (("The draft has {n} bytes", "Save it as a version before you go on."),),
    "workflow.starters": (("It has {n} of these already", "Delete one first."),),
    "workflow.run_over": (("The run is {state_word} already", "Start a new one."),),
    "workflow.nothing_failed": (("No step of this run failed or was cancelled", "Start a new run."),),
}  # fmt: skip
"""Of each code: the sentences as they are raised, and what somebody at a page can do."""


def said(error: OrkworkError) -> dict[str, Any]:
    """A refusal as the browser shows it: `text`, `hint` and the `params` of both; as it is when nothing is known of it."""
    for sentence, hint in SAID.get(error.code, ()):
        if found := _pattern(sentence).fullmatch(error.message):
            params = {
                name: _word(value) if name.endswith("word") else value for name, value in found.groupdict().items()
            }
            wait = error.extra.get("retry_after_seconds")
            return {"text": sentence, "hint": hint, "params": params | ({"seconds": wait} if wait is not None else {})}
    return {"text": error.message, "hint": error.hint, "params": {}}


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    parts = _PLACE.split(sentence)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts)), re.DOTALL
    )


def _word(value: str) -> str:
    """What pages call a state: `IN_PROGRESS` is 'In progress', `paused` is 'Paused'."""
    return value.replace("_", " ").capitalize()


def texts() -> set[str]:
    """Every text that has to stand in the catalogue."""
    return {text for known in SAID.values() for pair in known for text in pair}
