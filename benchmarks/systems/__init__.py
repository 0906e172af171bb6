"""The systems that are compared, each a program of its own, written as its own documentation would have it.

All read the broker, the topics, the model and the threshold from the environment, in the names of our settings.
"""
