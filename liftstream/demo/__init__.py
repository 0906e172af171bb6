"""What `liftstream demo` runs: the whole story on an embedded broker, ending in the platform's verdict and pictures.

The shop plays in a thread of this process; the pipeline and the platform are real processes, `liftstream run` and
`liftstream platform`, held so that they never outlive us. docs/demo.md shows what one sees.
"""
