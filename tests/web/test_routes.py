"""Routes are made when they are needed, and not before."""

from fastapi.testclient import TestClient

from orkwork.core.settings import settings
from orkwork.web.app import create_api
from orkwork.web.routes import Late, all_made


def _made(route: Late) -> bool:
    return "made" in vars(route)


def test_a_route_is_made_by_its_first_request_and_by_the_document(database: str) -> None:
    app = create_api()
    late = [route for route in app.routes if isinstance(route, Late)]
    assert len(late) > 100
    assert not any(map(_made, late))
    with TestClient(app, base_url=settings().address) as client:
        assert client.get("/api/v2/agents").status_code == 401
        assert [(route.path, route.methods) for route in late if _made(route)] == [("/api/v2/agents", {"GET"})]
        assert client.get("/api/v2/agents").status_code == 401
    document = app.openapi()
    assert all(map(_made, late))
    assert {path for path in document["paths"] if path.startswith("/api/v2/")} == {
        route.path_format for route in late if route.include_in_schema
    }
    assert len(all_made(app)) == len(app.routes)
