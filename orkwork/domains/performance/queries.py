"""Reading how well the agents do."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.performance import rules
from orkwork.domains.performance.models import Part
from orkwork.domains.performance.schemas import Improvement, PerformanceOut, PeriodScore, Ranked, ScoreOut

TREND_DAYS = 30
TREND_PERIODS = 12
_LATEST_DAY = "(select max(day) from performance_days)"
_AGENT = "select id, name from agents where id = %(id)s"
_CURRENT = f"select * from performance_scores where agent_id = %(id)s and day = {_LATEST_DAY}"
_HISTORY = """
select day, score from performance_scores where agent_id = %(id)s and day > %(since)s order by day
"""


@query("agents:read")
def performance(work: Work, agent_id: UUID) -> PerformanceOut:
    """How well an agent does: its score with the interval and the parts, how it went, and what would raise it most."""
    agent = work.one(_AGENT, {"id": agent_id})
    if agent is None:
        raise NotFound("agent.not_found", f"There is no agent {agent_id}", "GET /agents lists them.")
    row = work.one(_CURRENT, {"id": agent_id})
    current = ScoreOut.model_validate(row) if row else None
    since = clock.now().date() - timedelta(days=370)
    days = [(one["day"], one["score"]) for one in work.all(_HISTORY, {"id": agent_id, "since": since})]
    return PerformanceOut(
        agent_id=agent_id,
        agent_name=agent["name"],
        current=current,
        improvement=_improvement(current) if current else None,
        days=[PeriodScore(begins=day, score=score, days=1) for day, score in days[-TREND_DAYS:]],
        weeks=_periods([(day - timedelta(days=day.weekday()), score) for day, score in days]),
        months=_periods([(day.replace(day=1), score) for day, score in days]),
    )


def _periods(scored: list[tuple[date, Decimal]]) -> list[PeriodScore]:
    groups: dict[date, list[Decimal]] = {}
    for begins, score in scored:
        groups.setdefault(begins, []).append(score)
    found = [
        PeriodScore(begins=begins, score=(sum(many, Decimal(0)) / len(many)).quantize(rules.PLACES), days=len(many))
        for begins, many in groups.items()
    ]
    return found[-TREND_PERIODS:]


_SAYS = {
    Part.COMPLETION: "Tasks that fail take {points} points: {share} of {n} were completed.",
    Part.SPEED: "Slow work takes {points} points: against the estimate or its peers it reaches {share} over {n} tasks.",
    Part.QUALITY: "Reviews take {points} points: {share} of {n} passed the first time.",
    Part.DEFECTS: "Work that had to be re-opened takes {points} points: {share} of {n} completed tasks stayed closed.",
    Part.COST: "Cost takes {points} points: its peers need {share} of what it spends for a completed task.",
}


_FEW = "It did all of it well ({part}), but {n} samples are few: the company's mean still takes {points} points."


def _improvement(score: ScoreOut) -> Improvement | None:
    """What takes the most points, with a sentence; None for a score of 100."""
    worst = max(score.parts, key=lambda part: part.lost, default=None)
    if worst is None or worst.lost <= 0:
        return None
    only_few = worst.value >= 1
    named = {"points": f"{worst.lost:.1f}", "share": f"{worst.value:.0%}", "n": worst.samples, "part": worst.part.value}
    says = (_FEW if only_few else _SAYS[worst.part]).format(**named)
    return Improvement(part=worst.part, points=worst.lost, only_few=only_few, says=says)


_BOARD = f"""
select a.id, a.name, to_jsonb(c) as current, c.score - b.score as change
from agents a left join performance_scores c on c.agent_id = a.id and c.day = {_LATEST_DAY}
left join performance_scores b on b.agent_id = a.id and b.day = {_LATEST_DAY} - 7
where a.status <> 'retired' order by c.score desc nulls last, c.samples desc nulls last, lower(a.name), a.id limit 1000
"""


@query("agents:read")
def leaderboard(work: Work) -> list[Ranked]:
    """The agents by score, each with its sample size, interval and change within a week; those without a score last."""
    found: list[Ranked] = []
    for place, row in enumerate(work.all(_BOARD), 1):
        current = row["current"]
        found.append(
            Ranked(
                place=place if current else None,
                agent_id=row["id"],
                agent_name=row["name"],
                current=ScoreOut.model_validate(current) if current else None,
                change=row["change"],
            )
        )
    return found
