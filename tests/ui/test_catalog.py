"""Every text has its translation, and every translation its plural forms and parameters."""

import re

from orkwork.ui import catalog

PARAMETER = re.compile(r"\{(\w+)\}")


def _shown(message: catalog.Message) -> str:
    return message if isinstance(message, str) else message[0]


def test_every_text_of_the_pages_is_translated() -> None:
    known = catalog.messages("uk")
    missing = sorted(_shown(message) for message in catalog.used() if _shown(message) not in known)
    assert not missing, f"add to orkwork/ui/locales/uk/: {missing}"


def test_plurals_have_the_three_forms_of_the_language() -> None:
    known = catalog.messages("uk")
    for message in catalog.used():
        if isinstance(message, tuple):
            forms = known[message[0]]
            assert isinstance(forms, list) and len(forms) == 3 and all(forms), message


def test_translations_keep_the_parameters_of_their_text() -> None:
    for text, translated in catalog.messages("uk").items():
        for form in translated if isinstance(translated, list) else [translated]:
            assert set(PARAMETER.findall(form)) <= set(PARAMETER.findall(text)), text
            assert isinstance(translated, list) or set(PARAMETER.findall(form)) == set(PARAMETER.findall(text)), text


def test_the_script_cannot_end_the_element_it_stands_in() -> None:
    assert "</script" not in catalog.script("uk")


def test_addresses_of_scripts_change_with_their_content() -> None:
    assert re.fullmatch(r"/i18n/uk-[0-9a-f]{10}\.js", catalog.sources()["uk"])
