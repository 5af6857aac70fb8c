"""What the embedded services say is bounded in size and in number."""

from pathlib import Path

from orkwork.embedded import logs


def test_a_grown_log_is_put_aside_while_it_is_written_and_only_the_last_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "said.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(6):
            writer.write(f"{number}".encode() * 100)
            assert logs.bound(log, max_bytes=99, kept=3)
            assert log.stat().st_size == 0
        writer.write(b"on")
    assert not logs.bound(log, max_bytes=99, kept=3)
    assert {path.name: path.read_text()[:2] for path in tmp_path.iterdir()} == {
        "said.log": "on", "said.log.1": "55", "said.log.2": "44", "said.log.3": "33",
    }  # fmt: skip
    assert (tmp_path / "said.log.1").stat().st_mode & 0o777 == 0o600


def test_a_log_that_is_not_there_needs_no_bounds(tmp_path: Path) -> None:
    assert not logs.bound(tmp_path / "none.log")
