"""Procrastinate's own SQL, without its worker: fetch a job, finish it."""

import psycopg

from bench.queues.contender import asked, compete

FETCH = "select id from procrastinate_fetch_job_v2(null, %s)"
FINISH = "select procrastinate_finish_job_v1(%s, 'succeeded', false)"


def main() -> None:
    """Compete."""
    told = asked()
    with psycopg.connect(told.dsn, autocommit=True, prepare_threshold=0) as connection:
        row = connection.execute("insert into procrastinate_workers default values returning id").fetchone()
        assert row is not None
        worker = row[0]

        def once() -> list[int]:
            found = connection.execute(FETCH, (worker,)).fetchone()
            if found is None or found[0] is None:
                return []
            connection.execute(FINISH, (found[0],))
            return [found[0]]

        compete(once, told.seconds)


if __name__ == "__main__":
    main()
