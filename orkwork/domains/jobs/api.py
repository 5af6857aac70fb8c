"""`/jobs`."""

from typing import Annotated

from fastapi import Path, Response

from orkwork.core.schema import PageOut
from orkwork.domains.jobs import queries, service
from orkwork.domains.jobs.schemas import JobOut, JobPatch
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(prefix="/jobs", tags=["jobs"])
Name = Annotated[str, Path(max_length=100, description="The operation", examples=["audit.seal"])]


@routes.get("", operation_id="jobs.list", summary="The clock's jobs", response_model=PageOut[JobOut])
def list_jobs(door: Caller) -> Response:
    """When each ran last and runs next, and how it went."""
    return door.ask(lambda work: PageOut(items=queries.jobs(work)))


@routes.post("/{name}/run", operation_id="jobs.run", summary="Run a job now", response_model=JobOut)
def run_job(name: Name, door: Caller) -> Response:
    """At the next tick, within a second or so; also a paused one."""
    return door.do(service.run_now, name)


@routes.patch("/{name}", operation_id="jobs.update", summary="Pause or resume a job", response_model=JobOut)
def update_job(name: Name, patch: JobPatch, door: Caller) -> Response:
    """A paused job runs only when it is asked to."""
    return door.do(service.update_job, name, patch)
