"""THE list of failures: what each name means, whether it may pass by itself, and what to do about it.

The API serves it, the pages show its advice, the documents repeat it (a test compares them), retries go by it.
"""

from dataclasses import dataclass
from typing import Final

from orkwork.domains.tasks.models import Failure


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a failure's name says."""

    summary: str
    passing: bool
    """Whether it may pass by itself, so that trying again is worth it."""
    advice: str
    """What a person or an agent does about it, in a sentence."""


CATALOGUE: Final[dict[Failure, Meaning]] = {
    Failure.RATE_LIMITED: Meaning(
        "The provider refused further calls for a while",
        True,
        "Wait; if it comes again and again, raise the provider's quota or let fewer agents work at once.",
    ),
    Failure.PROVIDER_UNAVAILABLE: Meaning(
        "The model's provider is down or overloaded",
        True,
        "Look at the provider's status page; choose another model when it lasts.",
    ),
    Failure.NETWORK: Meaning(
        "A connection broke or could not be made",
        True,
        "Check name resolution, proxy and firewall of the machine on which the agent runs.",
    ),
    Failure.LOST: Meaning(
        "The agent gave no sign of life within its lease",
        True,
        "See whether the agent's process still runs; raise lease_seconds when its steps take longer.",
    ),
    Failure.TIMED_OUT_RUNNING: Meaning(
        "The run took longer than its clock allows",
        True,
        "Split the task, or raise running_seconds.",
    ),
    Failure.TIMED_OUT_SILENT: Meaning(
        "The run reported nothing for longer than its clock allows",
        True,
        "Have the agent report progress or log as it works, or raise silence_seconds.",
    ),
    Failure.TIMED_OUT_START: Meaning(
        "The task waited to be started for longer than its clock allows",
        False,
        "Add an agent with the needed capabilities, raise the limit of tasks at once, or assign it by hand.",
    ),
    Failure.TIMED_OUT_TOTAL: Meaning(
        "All attempts together took longer than the clock allows",
        False,
        "Look at what the attempts left; split the task or raise total_seconds, then try again.",
    ),
    Failure.INVALID_OUTPUT: Meaning(
        "The model's answer could not be read or applied",
        True,
        "Ask for a stricter format, give an example in the description, or take a stronger model.",
    ),
    Failure.TOOL_FAILED: Meaning(
        "A tool that the agent called failed",
        False,
        "Read what the tool said in the log, mend its set-up, then try again.",
    ),
    Failure.TESTS_FAILED: Meaning(
        "The work is done, but its tests fail",
        False,
        "Read which tests fail; say in a comment what is expected, or give it to a stronger agent.",
    ),
    Failure.CONTEXT_TOO_LONG: Meaning(
        "The conversation outgrew the model's window",
        False,
        "Split the task or shorten its description; or take a model with a longer window.",
    ),
    Failure.PERMISSION_DENIED: Meaning(
        "The agent was refused something that it needs",
        False,
        "Give it the right, key or repository that its log names, then try again.",
    ),
    Failure.BUDGET_EXHAUSTED: Meaning(
        "The money for it is used up",
        False,
        "Raise the budget of the agent or at the provider, then try again.",
    ),
    Failure.BAD_REQUEST: Meaning(
        "The task can't be done as it is described",
        False,
        "Correct the description or the acceptance criteria, then try again.",
    ),
    Failure.REFUSED: Meaning(
        "The model declined to do it",
        False,
        "Read what it said; reword the task, or do it by hand.",
    ),
    Failure.CANCELLED: Meaning(
        "Somebody stopped the work",
        False,
        "Nothing is wrong; try again when it is wanted.",
    ),
    Failure.OTHER: Meaning(
        "Nobody said why",
        False,
        "Read the log and the last words of the run; have the agent name its failures.",
    ),
}
