"""`orkwork openapi`."""

import json

import typer

from orkwork.web.app import create_api


def openapi() -> None:
    """Print the API's OpenAPI document, as docs/openapi.json keeps it."""
    typer.echo(json.dumps(create_api().openapi(), indent=1, sort_keys=True))
