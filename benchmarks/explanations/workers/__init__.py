"""One script a peer, which reads a question as JSON and prints an answer as JSON.

They import nothing of this project, so that each can run in an interpreter of its own, where the peer is installed.
"""
