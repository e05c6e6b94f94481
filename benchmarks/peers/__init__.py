"""Other resolvers, asked the same questions: what they take, and whether their answers are valid and the newest."""

from benchmarks.peers.finding import available, missing
from benchmarks.peers.outcome import Outcome, newest_answer
from benchmarks.peers.peer import Peer, Resolvelib, Worker

__all__ = ["Outcome", "Peer", "Resolvelib", "Worker", "available", "missing", "newest_answer"]
