"""An API in memory, as small as the replay needs it, that can be told to fail on the way."""

import itertools
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx

PRICE = {"input": Decimal("0.00001"), "output": Decimal("0.00003")}


class FakeApi:
    """Answers the requests of a replay; the same idempotency key gets the same answer."""

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        self.executions: dict[str, dict[str, Any]] = {}
        self.costs: dict[str, dict[str, Any]] = {}
        self.answers: dict[tuple[str, str], httpx.Response] = {}
        self.positions = itertools.count(1)
        self.last = 0
        self.fail: Callable[[httpx.Request], int | None] = lambda request: None
        self.overcharge = Decimal(0)

    def transport(self) -> httpx.MockTransport:
        """For a client."""
        return httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        failure = self.fail(request)
        if failure == 0:
            raise httpx.ConnectError("gone", request=request)
        key = (request.headers.get("authorization", ""), request.headers.get("idempotency-key", ""))
        if key[1] and key in self.answers:
            return self.answers[key]
        body = json.loads(request.content) if request.content else {}
        answer = httpx.Response(200, json=self._answer(request, request.url.path.removeprefix("/api/v2"), body))
        if request.method != "GET":
            self.last = next(self.positions)
            if key[1]:
                self.answers[key] = answer
        return httpx.Response(failure) if failure else answer

    def _answer(self, request: httpx.Request, path: str, body: dict[str, Any]) -> Any:
        match request.method, path.strip("/").split("/"):
            case "POST", ["tasks", "bulk"]:
                return self._bulk(body)
            case "POST", ["tasks", "claim"]:
                return self._claim()
            case "POST", ["tasks", task_id, "transition"]:
                self.tasks[task_id]["status"] = body["to"]
                return self.tasks[task_id]
            case "POST", ["costs"]:
                return self._cost(body)
            case "PATCH", ["executions", execution_id]:
                return self._end(execution_id, body)
            case "GET", ["intelligence", "costs"]:
                return self._rollup()
            case "GET", ["audit", *_]:
                chain = {"ok": True, "sealed": self.last, "unsealed": 0, "pos": self.last, "hash": "0" * 64}
                return chain | {"items": [{"seq": self.last}], "next_cursor": None}
            case "GET", [kind] if kind in ("tasks", "executions", "costs"):
                return {"items": list(getattr(self, kind).values()), "next_cursor": None}
        raise AssertionError(f"{request.method} {path}")

    def _bulk(self, body: dict[str, Any]) -> Any:
        made = []
        for task in body["tasks"]:
            task_id = f"task-{len(self.tasks)}"
            self.tasks[task_id] = {"id": task_id, "ref": task["ref"], "status": "READY"}
            made.append(self.tasks[task_id])
        return {"created": len(made), "dependencies": 0, "tasks": made}

    def _claim(self) -> Any:
        for task in self.tasks.values():
            if task["status"] == "READY":
                task["status"] = "IN_PROGRESS"
                execution = {"id": f"run-{task['id']}", "task_id": task["id"], "status": "running"}
                self.executions[execution["id"]] = execution
                return {"claims": [{"task": task, "fence": 1, "execution": execution}]}
        return {"claims": []}

    def _cost(self, body: dict[str, Any]) -> Any:
        amount = body["input_tokens"] * PRICE["input"] + body["output_tokens"] * PRICE["output"] + self.overcharge
        stated = body.get("unit_prices_usd", PRICE)
        caller = body["input_tokens"] * Decimal(stated["input"]) + body["output_tokens"] * Decimal(stated["output"])
        money = {"amount_usd": amount, "catalogue_usd": amount, "caller_usd": caller, "difference_usd": caller - amount}
        row = body | {"basis": "catalogue"} | {name: str(value) for name, value in money.items()}
        return self.costs.setdefault(body["external_id"], row)

    def _end(self, execution_id: str, body: dict[str, Any]) -> Any:
        execution = self.executions[execution_id]
        execution |= {"status": body["status"], "duration_ms": body["duration_ms"]}
        ended = "REVIEW" if body["status"] == "succeeded" else "FAILED"
        self.tasks[execution["task_id"]]["status"] = ended
        return execution

    def _rollup(self) -> Any:
        items: dict[str, dict[str, Any]] = {}
        total = Decimal(0)
        for cost in self.costs.values():
            row = items.setdefault(
                cost["execution_id"],
                {"key": cost["execution_id"], "input_tokens": 0, "output_tokens": 0, "amount_usd": "0"},
            )
            row["input_tokens"] += cost["input_tokens"]
            row["output_tokens"] += cost["output_tokens"]
            row["amount_usd"] = str(Decimal(row["amount_usd"]) + Decimal(cost["amount_usd"]))
            total += Decimal(cost["amount_usd"])
        return {"items": list(items.values()), "total": {"amount_usd": str(total)}, "next_cursor": None}
