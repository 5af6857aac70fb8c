"""`/decisions/rules`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from orkwork.core.schema import PageOut
from orkwork.domains.decisions.schemas import MOST_OPTIONS, OptionId
from orkwork.domains.standing import queries, service
from orkwork.domains.standing.schemas import BackTestOut, RuleIn, RuleOut
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(prefix="/decisions", tags=["decisions"])


@routes.get("/rules", operation_id="decision_rules.list", summary="Standing rules", response_model=PageOut[RuleOut])
def list_rules(door: Caller) -> Response:
    """Those in force, then the latest that were revoked."""
    return door.ask(lambda work: PageOut(items=queries.rules(work)))


@routes.post(
    "/rules",
    operation_id="decision_rules.create",
    summary="Add a standing rule",
    status_code=201,
    response_model=RuleOut,
)
def make_rule(body: RuleIn, door: Caller) -> Response:
    """Decisions like the example are made without asking from now on, in the caller's name."""
    return door.create(service.make_rule, body)


@routes.delete(
    "/rules/{rule_id}", operation_id="decision_rules.revoke", summary="Revoke a standing rule", response_model=RuleOut
)
def revoke_rule(rule_id: UUID, door: Caller) -> Response:
    """People decide again; what the rule decided stays on record."""
    return door.do(service.revoke_rule, rule_id)


@routes.get(
    "/{decision_id}/back-test",
    operation_id="decision_rules.back_test",
    summary="What a rule would have done",
    response_model=BackTestOut,
)
def back_test(
    decision_id: UUID,
    door: Caller,
    option: Annotated[list[OptionId], Query(min_length=1, max_length=MOST_OPTIONS, description="What it would choose")],
) -> Response:
    """What a standing rule after the example of this decision would have done with its like in the last 30 days."""
    return door.ask(queries.back_test, decision_id, option)
