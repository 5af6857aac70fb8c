"""The model that may put a brief into its own words: OpenAI, or whatever speaks like it."""

from importlib import import_module
from typing import Any, Final

from orkwork.core.errors import Unavailable
from orkwork.core.settings import settings

MOST_SECONDS: Final = 60.0
"""How long an answer may take."""
NO_KEY: Final = "none"
"""What a server of one's own, which asks for no key, is given."""


def configured() -> bool:
    """Whether there is a model to ask."""
    own = settings()
    return bool(own.openai_api_key or own.openai_base_url)


def complete(messages: list[dict[str, str]]) -> str:
    """A model's answer to a chat; Unavailable when none comes. Ask outside of every transaction: it takes its time."""
    openai: Any = import_module("openai")  # a fifth of the start, for one call a day
    own = settings()
    try:
        with openai.DefaultHttpxClient(timeout=MOST_SECONDS, follow_redirects=False) as http:
            client = openai.OpenAI(
                api_key=own.openai_api_key or NO_KEY,
                base_url=own.openai_base_url,
                timeout=MOST_SECONDS,
                max_retries=0,
                http_client=http,
            )
            answer = client.chat.completions.create(model=own.openai_model, messages=messages)
        return answer.choices[0].message.content or ""
    except (openai.OpenAIError, ValueError, AttributeError, IndexError, TypeError) as away:
        raise Unavailable("brief.model_away", "The model gave no answer", "It is asked again by itself.") from away
