"""The board under mouse, finger and keyboard, and with very many cards."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.ui.conftest import Site, signed_in

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """The board, alive."""
    context = signed_in(browser, site, viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.goto("/kit/board")
    page.locator("[data-card]").first.wait_for()
    yield page
    context.close()


def lane(page: Page, status: str) -> Locator:
    """One lane."""
    return page.locator(f"[data-lane={status}]")


def drag(page: Page, card: str, status: str, *, drop: bool = True) -> None:
    """By mouse, as a hand does it."""
    start = page.locator(f"[data-card={card}] .k").bounding_box()
    end = lane(page, status).bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 60, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + 70, start["y"] + 16, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 160, steps=12)
    if drop:
        page.mouse.up()
        page.wait_for_timeout(500)


def test_a_card_moves_by_mouse(page: Page) -> None:
    drag(page, "t4", "REVIEW")
    expect(lane(page, "REVIEW").locator("[data-card=t4]")).to_be_visible()
    page.reload()
    expect(lane(page, "REVIEW").locator("[data-card=t4]")).to_be_visible()


def test_lanes_say_their_rule_while_a_card_is_held(page: Page) -> None:
    drag(page, "t12", "REVIEW", drop=False)
    expect(lane(page, "REVIEW").get_by_text("Drop to hand in for review")).to_be_visible()
    expect(lane(page, "COMPLETED").get_by_text("Review first: this task needs it")).to_be_visible()
    page.keyboard.press("Escape")
    page.mouse.up()


def test_an_illegal_drop_springs_back_and_says_why(page: Page) -> None:
    drag(page, "t12", "COMPLETED")
    card = lane(page, "IN_PROGRESS").locator("[data-card=t12]")
    expect(card.get_by_text("Review first: this task needs it")).to_be_visible()
    expect(card).to_have_class(re.compile("ref"))


def test_a_drop_that_the_server_refuses_springs_back_and_says_why(page: Page) -> None:
    drag(page, "stuck", "REVIEW")
    card = lane(page, "IN_PROGRESS").locator("[data-card=stuck]")
    expect(card.get_by_text("ORK-119 is not finished")).to_be_visible()
    expect(card.get_by_text("Finish it first.")).to_be_visible()


def test_a_card_moves_by_keyboard(page: Page) -> None:
    page.locator("[data-card=t13]").focus()
    page.keyboard.press("Space")
    page.wait_for_timeout(200)
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    page.keyboard.press("Space")
    page.wait_for_timeout(500)
    expect(lane(page, "REVIEW").locator("[data-card=t13]")).to_be_visible()


def test_a_card_moves_by_finger(browser: Browser, site: Site) -> None:
    context = signed_in(browser, site, viewport={"width": 1100, "height": 800}, has_touch=True, locale="en-GB")
    page = context.new_page()
    page.goto("/kit/board")
    card = page.locator("[data-card=t2]")
    card.wait_for()
    start, end = card.bounding_box(), lane(page, "IN_PROGRESS").bounding_box()
    assert start and end
    touch = context.new_cdp_session(page)

    def send(kind: str, x: float, y: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = start["x"] + 40, start["y"] + 16
    send("touchStart", x, y)
    page.wait_for_timeout(300)
    goal = end["x"] + end["width"] / 2
    for step in range(1, 13):
        send("touchMove", x + (goal - x) * step / 12, y + step * 6)
        page.wait_for_timeout(16)
    send("touchEnd", 0, 0)
    page.wait_for_timeout(600)
    expect(lane(page, "IN_PROGRESS").locator("[data-card=t2]")).to_be_visible()
    context.close()


def test_enter_opens_the_task(page: Page) -> None:
    page.locator("[data-card=t0]").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("task=0"))


def test_two_thousand_cards_stay_light_and_a_drag_paints_at_once(page: Page) -> None:
    page.goto("/kit/board?n=2000")
    page.locator("[data-card]").first.wait_for()
    assert page.locator("[data-card]").count() < 400
    box = page.locator("[data-card]").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + 12)
    page.mouse.down()
    page.evaluate(
        """() => { window.frames_ = []; let last = performance.now();
        const step = (now) => {
        window.frames_.push(now - last); last = now; if (window.frames_.length < 90) requestAnimationFrame(step) };
        requestAnimationFrame(step) }"""
    )
    for n in range(30):
        page.mouse.move(box["x"] + 66 + n * 12, box["y"] + 20 + n)
        page.wait_for_timeout(16)
    frames = sorted(page.evaluate("window.frames_"))
    page.keyboard.press("Escape")
    page.mouse.up()
    assert frames[len(frames) // 2] < 50
