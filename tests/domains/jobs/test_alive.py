"""Every lease of a process is prolonged by one thread, for as long as it is held."""

import queue
import threading

from jobs.alive import Signs

WAIT_SECONDS = 20


def test_one_thread_prolongs_all_that_is_held_and_nothing_else() -> None:
    signs, given = Signs(0.001), queue.Queue[tuple[str, int]]()

    def sign(name: str) -> None:
        given.put((name, threading.get_ident()))

    def both() -> set[int]:
        seen: dict[str, int] = {}
        while set(seen) != {"a", "b"}:
            name, thread = given.get(timeout=WAIT_SECONDS)
            seen[name] = thread
        return set(seen.values())

    with signs.held("a", lambda: sign("a")):
        with signs.held("b", lambda: sign("b")):
            [first] = both()
        while given.get(timeout=WAIT_SECONDS)[0] != "a":  # b's last sign may be under way
            pass
        with signs.held("b", lambda: sign("b")):
            assert both() == {first}
    assert first != threading.get_ident()
    with signs.held("c", lambda: sign("c")):
        while given.get(timeout=WAIT_SECONDS)[0] != "c":
            pass
        assert given.get(timeout=WAIT_SECONDS) == ("c", first)


def test_a_sign_that_fails_takes_no_other_with_it() -> None:
    signs, given = Signs(0.001), threading.Event()
    with signs.held("broken", lambda: 1 / 0), signs.held("good", given.set):
        assert given.wait(WAIT_SECONDS)
        given.clear()
        assert given.wait(WAIT_SECONDS)
