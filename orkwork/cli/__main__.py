"""`python -m orkwork.cli` is `orkwork`, without an installed script."""

from orkwork.cli.main import app

app()
