"""Finding tasks, and taking them away as a table."""

from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import board, export, lookup
from orkwork.domains.tasks.queries import tasks as queries
from orkwork.domains.tasks.queries.tasks import TaskFilter
from orkwork.domains.tasks.schemas import MoveIn
from orkwork.domains.tasks.service import lifecycle
from tests.factories import Company


def test_a_task_is_found_by_its_key_and_by_the_beginning_of_words(company: Company) -> None:
    project = company.project("Halyard")
    company.task(project, "Budget check under a lock")
    company.task(project, "Price table for 14 models")
    assert company.do(lookup.find, "HAL-1")[0].key == "HAL-1"
    assert [found.key for found in company.do(lookup.find, "hal-2")] == ["HAL-2"]
    assert [found.key for found in company.do(lookup.find, "bud lock")] == ["HAL-1"]
    assert [found.key for found in company.do(lookup.find, "14")] == ["HAL-2"]
    listed = company.do(queries.tasks, TaskFilter(text="HAL-2")).parse()
    assert [item.key for item in listed.items] == ["HAL-2"]


def test_no_cell_of_the_table_begins_as_a_formula(company: Company) -> None:
    project = company.project("Halyard")
    company.task(project, '=HYPERLINK("http://x")', labels=["@home"])
    table = company.do(export.tasks_csv, TaskFilter())
    assert table.splitlines()[1].startswith('HAL-1,"\'=HYPERLINK(""http://x"")",CREATED,medium,,\'@home,')


def test_the_board_gives_the_first_cards_of_each_lane_and_all_their_numbers(company: Company) -> None:
    project = company.project("Halyard")
    for n in range(52):
        company.task(project, f"Task {n}", ready=True)
    blocked = company.task(project, "Waits", depends_on=["HAL-1"])
    company.do(lifecycle.transition, blocked.key, MoveIn(to=Status.PLANNING))
    seen = company.do(board.board, project.id)
    assert seen.counts == {"READY": 52, "PLANNING": 1}
    assert len([card for card in seen.cards if card.status == "READY"]) == 50
    [waits] = [card for card in seen.cards if card.status == "PLANNING"]
    assert waits.blockers == ["HAL-1"] and waits.barred == ["READY"]
    more = company.do(board.board, project.id, None, {"READY": 100})
    assert len([card for card in more.cards if card.status == "READY"]) == 52
    assert company.do(board.open_tasks) == 53
