"""One script a peer, which is told a question as JSON and writes what it measured into a file.

They import nothing of this project but `sampling`, which lies beside them, so that each can run in an interpreter of
its own, where the peer is installed.
"""
