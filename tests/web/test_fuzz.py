"""Generated requests against the whole API: no 5xx, no answer that the OpenAPI document does not promise."""

import random
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract import API
from tests.factories import Company

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 14
LEFT_OUT = {
    "auth.logout": "ends the session that the other requests use",
    "auth.github_login": "tried on its own against a fake GitHub",
    "auth.github_callback": "tried on its own against a fake GitHub",
    "auth.owner": "every try counts against the limit of sign-ins",
    "auth.accept_invite": "every try counts against the limit of sign-ins",
}
OPERATION_IDS = sorted(
    operation["operationId"]
    for path in API["paths"].values()
    for operation in path.values()
    if operation["operationId"] not in LEFT_OUT
)


class World:
    """A company whose real ids stand in for most of the made-up ones."""

    def __init__(self, company: Company) -> None:
        project, worker = company.project(), company.agent("CODE")
        self.owner, self.agent = company.owner.headers, worker.headers
        self.ids: dict[str, list[str]] = {
            "agent_id": [str(worker.id), str(company.agent("SPARE").id)],
            "ref": ["HAL", str(project.id), *(company.task(project, ready=True).key for _ in range(4))],
            "need_ref": ["HAL-1", "HAL-2"],
            "user_id": [str(company.owner.actor.id)],
        }
        self.project_id = str(project.id)

    def settle(self, case: Case, choice: random.Random) -> None:
        """Put real ids into most requests, so that they get past 'there is no such thing'."""
        for name, values in self.ids.items():
            if name in (case.path_parameters or {}) and choice.random() < 0.8:
                case.path_parameters[name] = choice.choice(values)
        if isinstance(case.body, dict) and "project_id" in case.body and choice.random() < 0.8:
            case.body["project_id"] = self.project_id


@pytest.fixture
def world(company: Company) -> World:
    """What the requests are aimed at."""
    return World(company)


@pytest.fixture(scope="session")
def schema(api_app: FastAPI) -> Any:
    """The document as schemathesis reads it."""
    return schemathesis.openapi.from_asgi("/api/v2/openapi.json", api_app)


@pytest.mark.parametrize("operation_id", OPERATION_IDS)
def test_generated_requests_get_the_answers_that_are_documented(
    operation_id: str, schema: Any, world: World, http: TestClient
) -> None:
    operation = schema.find_operation_by_id(operation_id)
    choice = random.Random(7)

    @seed(20_261_123)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy())
    def ask(case: Case) -> None:
        world.settle(case, choice)
        headers = choice.choice([world.owner, world.agent])
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()
