"""Usage bodies of providers, read as they are. Pure.

OpenAI counts cached tokens into the input, Anthropic beside it; LiteLLM answers in OpenAI's words with Anthropic's cache
fields. What comes out is counted one way: parts lie within their whole.
"""

from collections.abc import Mapping
from typing import Any, Final

from orkwork.core.errors import invalid
from orkwork.domains.costs.models import UsageFormat
from orkwork.domains.costs.rules.prices import Tokens
from orkwork.domains.costs.schemas.ledger import CallIn

_COUNTS: Final = {name for name in CallIn.model_fields if name.endswith("_tokens")} | {"requests"}
MOST: Final = 10**12
_CACHE: Final = ("cache_creation_input_tokens", "cache_read_input_tokens")


def counted(call: CallIn, where: str = "") -> Tokens:
    """The tokens of a call; Invalid when its usage body is none that is known, or says what can't be."""
    if call.usage is not None:
        if call.model_fields_set & _COUNTS:
            raise invalid(f"{where}usage", "takes the place of the counts of tokens: give one of the two")
        return read(call.usage, call.usage_format, f"{where}usage")
    return Tokens(
        input=call.input_tokens,
        output=call.output_tokens,
        cached=call.cached_tokens,
        cache_write=call.cache_write_tokens,
        input_audio=call.input_audio_tokens,
        output_audio=call.output_audio_tokens,
        reasoning=call.reasoning_tokens,
        requests=call.requests,
    )


def recognised(body: Mapping[str, Any]) -> UsageFormat | None:
    """Whose usage body this is, by its fields; None for nobody's."""
    if "prompt_tokens" in body or "completion_tokens" in body:
        is_litellm = any(name in body for name in _CACHE)
        return UsageFormat.LITELLM if is_litellm else UsageFormat.OPENAI
    if any(name in body for name in (*_CACHE, "server_tool_use", "cache_creation")):
        return UsageFormat.ANTHROPIC
    if "input_tokens" in body or "output_tokens" in body:
        return UsageFormat.OPENAI  # without cache fields both count alike
    return None


def read(body: Mapping[str, Any], named: UsageFormat | None, where: str = "usage") -> Tokens:
    """A usage body as tokens; what its provider adds beside is passed over."""
    format_ = named or recognised(body)
    if format_ is None:
        raise invalid(
            where, "is no usage body that is known; name usage_format, or give input_tokens and output_tokens"
        )
    found = _anthropic(body, where) if format_ is UsageFormat.ANTHROPIC else _openai(body, where)
    _check(found, where)
    return found


def _anthropic(body: Mapping[str, Any], where: str) -> Tokens:
    written, cached = _count(body, _CACHE[0], where), _count(body, _CACHE[1], where)
    tools = _part(body, "server_tool_use", where)
    searches = sum(_count(tools, name, f"{where}.server_tool_use") for name in tools if name.endswith("_requests"))
    return Tokens(
        input=_count(body, "input_tokens", where) + written + cached,
        output=_count(body, "output_tokens", where),
        cached=cached,
        cache_write=written,
        requests=1 + searches,
    )


def _openai(body: Mapping[str, Any], where: str) -> Tokens:
    """Chat completions, responses, and LiteLLM's answer in the same words."""
    asked, said = (
        ("prompt", "completion") if "prompt_tokens" in body or "completion_tokens" in body else ("input", "output")
    )
    inward = _part(body, f"{asked}_tokens_details", where)
    outward = _part(body, f"{said}_tokens_details", where)
    at, out = f"{where}.{asked}_tokens_details", f"{where}.{said}_tokens_details"
    cached = max(_count(inward, "cached_tokens", at), _count(body, _CACHE[1], where))
    written = max(_count(inward, "cache_creation_tokens", at), _count(body, _CACHE[0], where))
    whole = _count(body, f"{asked}_tokens", where)
    return Tokens(
        input=whole if cached + written <= whole else whole + cached + written,  # some versions count them beside
        output=_count(body, f"{said}_tokens", where),
        cached=cached,
        cache_write=written,
        input_audio=_count(inward, "audio_tokens", at),
        output_audio=_count(outward, "audio_tokens", out),
        reasoning=_count(outward, "reasoning_tokens", out),
    )


def _part(body: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    found = body.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise invalid(f"{where}.{name}", "must be an object")
    return found


def _count(body: Mapping[str, Any], name: str, where: str) -> int:
    found = body.get(name)
    if found is None:
        return 0
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= MOST:
        raise invalid(f"{where}.{name}", f"must be a whole number from 0 to {MOST}")
    return found


def _check(found: Tokens, where: str) -> None:
    if found.input_audio > found.input:
        raise invalid(where, "counts more sound than input")
    if found.output_audio > found.output or found.reasoning > found.output:
        raise invalid(where, "counts more sound or thought than output")
