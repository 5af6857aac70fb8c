"""The kit in a real browser: what people see, press and hear."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import Site, signed_in

pytestmark = pytest.mark.browser
PAGES = ["/kit", "/kit/board"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("scheme", "locale", "width"),  # every two of them meet
    [("light", "en-GB", 1440), ("dark", "uk-UA", 1440), ("dark", "en-GB", 360), ("light", "uk-UA", 360)],
)
def test_no_accessibility_violation_and_no_sideways_scroll(
    browser: Browser, site: Site, path: str, scheme: str, locale: str, width: int
) -> None:
    context = signed_in(
        browser,
        site,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        locale=locale,
        has_touch=width < 761,
    )
    page = context.new_page()
    page.goto(path)
    page.locator("[data-row]").first.wait_for()
    page.wait_for_timeout(400)
    report = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    found = [(bad["id"], [node["html"][:160] for node in bad["nodes"]][:3]) for bad in report.response["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    language = page.evaluate("document.documentElement.lang")
    context.close()
    assert not found
    assert wide <= 0
    assert language == locale[:2]


def test_targets_are_large_enough_for_a_thumb(browser: Browser, site: Site) -> None:
    context = signed_in(browser, site, viewport={"width": 360, "height": 800}, has_touch=True)
    page = context.new_page()
    page.goto("/kit")
    page.locator("table tbody tr").first.wait_for()
    small = page.evaluate(
        """[...document.querySelectorAll('main button, main select, .tabbar > *, .top button, main a.r, .input')]
        .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 43.5)
        .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])"""
    )
    context.close()
    assert not small


def test_the_palette_opens_at_once_and_finds_pages_actions_and_tasks(kit: Page) -> None:
    open_after_two_frames = kit.evaluate(
        """async () => {
        document.dispatchEvent(new KeyboardEvent('keydown', {key: 'k', ctrlKey: true, bubbles: true}));
        await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame);
        return document.getElementById('palette').open }"""
    )
    assert open_after_two_frames
    palette = kit.locator("#palette")
    expect(palette.get_by_role("option", name=re.compile("Agents"))).to_be_visible()
    kit.keyboard.type("ledger")
    expect(palette.get_by_role("option", name=re.compile("ORK-125"))).to_be_visible()
    kit.keyboard.press("Enter")
    expect(kit).to_have_url(re.compile(r"task=5"))


def test_keys_go_places_and_show_themselves(kit: Page) -> None:
    kit.keyboard.press("?")
    expect(kit.locator("#keys")).to_be_visible()
    kit.keyboard.press("Escape")
    kit.keyboard.press("j")
    kit.keyboard.press("j")
    assert kit.evaluate("document.activeElement.matches('[data-row]')")
    kit.keyboard.press("/")
    assert kit.evaluate("document.activeElement.matches('[data-search]')")
    kit.keyboard.press("Escape")
    kit.locator("h1").click()
    kit.evaluate("document.activeElement.blur()")
    kit.keyboard.press("g")
    kit.keyboard.press("t")
    expect(kit).to_have_url(re.compile("/kit/board"))


def test_a_toast_takes_back_what_was_done(kit: Page) -> None:
    before = int(kit.locator("#count").inner_text())
    kit.get_by_role("main").get_by_role("button", name="New task").click()
    expect(kit.locator("#count")).to_have_text(str(before + 1))
    kit.get_by_role("button", name="Undo").click()
    expect(kit.locator("#count")).to_have_text(str(before))


def test_a_toast_stays_on_the_way_to_another_page(kit: Page) -> None:
    kit.evaluate("window.orkwork.toast({text: 'Agent saved'})")
    kit.keyboard.press("g")
    kit.keyboard.press("t")
    expect(kit.get_by_role("heading", level=1, name="Board")).to_be_visible()
    expect(kit.locator(".toast", has_text="Agent saved")).to_be_visible()


def test_wrong_fields_say_so_beside_themselves(kit: Page) -> None:
    kit.get_by_role("button", name="Save").click()
    expect(kit.get_by_text("Give the agent a name").first).to_be_visible()
    field = kit.get_by_label("Name", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    assert "field-name-error" in str(field.get_attribute("aria-describedby"))


def test_a_fault_of_ours_tells_no_secret(kit: Page) -> None:
    kit.get_by_role("button", name="break").click()
    expect(kit.get_by_text("That did not work")).to_be_visible()
    assert "a secret of the server" not in kit.content()


def test_texts_of_others_run_nothing_and_call_nobody(browser: Browser, site: Site) -> None:
    context = signed_in(browser, site)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/kit")
    page.locator(".prose strong").first.wait_for()
    page.wait_for_timeout(300)
    pwned = page.evaluate("window.pwned")
    addresses = page.evaluate("[...document.querySelectorAll('.prose a')].map((a) => a.getAttribute('href'))")
    pictures = page.evaluate("document.querySelectorAll('.prose img, .prose script').length")
    context.close()
    assert pwned is None and pictures == 0
    assert addresses and all(re.match("https?:|/", address) for address in addresses)
    assert all(url.startswith((site.url, "data:")) for url in asked), asked


def test_the_language_changes_without_the_server(kit: Page) -> None:
    kit.get_by_role("button", name="Українська").first.click()
    expect(kit.get_by_role("link", name="Агенти").first).to_be_visible()
    expect(kit.locator("html")).to_have_attribute("lang", "uk")
    expect(kit.get_by_text("3 нові")).to_be_visible()
    kit.reload()
    expect(kit.get_by_role("link", name="Агенти").first).to_be_visible()


def test_the_theme_stays_and_does_not_flash(kit: Page) -> None:
    kit.get_by_role("button", name="Dark").first.click()
    expect(kit.locator("html")).to_have_class(re.compile("dark"))
    kit.reload()
    kit.locator("table tbody tr").first.wait_for()
    expect(kit.locator("html")).to_have_class(re.compile("dark"))


def test_what_changes_elsewhere_comes_onto_the_screen_by_itself(kit: Page, site: Site) -> None:
    for count in (11, 12, 13):
        site.tell(count)
        expect(kit.locator("#count")).to_have_text(str(count))
    site.tell(3)


def test_the_shell_is_shown_without_a_network(browser: Browser, site: Site) -> None:
    context = signed_in(browser, site)
    page = context.new_page()
    page.goto("/kit")
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.reload()
    context.set_offline(True)
    page.goto("/kit/board")
    expect(page.get_by_role("heading", name="orkwork cannot be reached")).to_be_visible()
    context.set_offline(False)
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    context.close()


def test_files_that_never_change_are_kept_and_compressed(browser: Browser, site: Site) -> None:
    context = signed_in(browser, site, service_workers="block")
    page = context.new_page()
    heads: dict[str, dict[str, str]] = {}
    page.on("response", lambda answer: heads.update({answer.url.removeprefix(site.url): answer.headers}))
    page.goto("/kit")
    page.locator("table tbody tr").first.wait_for()
    context.close()
    scripts = {path: head for path, head in heads.items() if path.startswith("/assets/") and path.endswith(".js")}
    assert scripts
    assert all(
        "immutable" in head["cache-control"] and head["content-encoding"] in ("br", "gzip") for head in scripts.values()
    )
    assert heads["/kit"]["cache-control"] == "no-cache"
    assert heads["/kit"]["x-frame-options"] == "DENY"


def test_a_signed_out_visitor_is_sent_to_sign_in(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/kit")
    expect(page).to_have_url(re.compile(r"/login\?next=(/|%2F)kit"))
    context.close()
