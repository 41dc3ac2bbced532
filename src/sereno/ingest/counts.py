"""What the door counts: plain numbers, added to in the loop's thread, and read by the metrics page."""

from __future__ import annotations

from bisect import bisect_left

from sereno.ingest.connections import Known

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the latency histogram's buckets."""


class Counts:
    """`unknown` are answers by status for names that are no connection (they get no label of their own: a stranger
    could make any number of them). `buckets` has one more place than SECONDS, for what took longer."""

    def __init__(self) -> None:
        self.unknown: dict[int, int] = {}
        self.buckets = [0] * (len(SECONDS) + 1)
        self.seconds = 0.0
        self.gone = 0
        self.slow = 0

    def answered(self, connection: Known | None, status: int, seconds: float) -> None:
        answers = self.unknown if connection is None else connection.answers
        answers[status] = answers.get(status, 0) + 1
        self.buckets[bisect_left(SECONDS, seconds)] += 1
        self.seconds += seconds
