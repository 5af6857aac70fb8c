"""`/tasks`, `/executions` and what hangs on them."""

from fastapi import APIRouter

from orkwork.domains.tasks.api import runs, tasks

router = APIRouter()
router.include_router(tasks.router)
router.include_router(runs.router)
