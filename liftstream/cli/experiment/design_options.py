"""Options that the commands about sizes share with those about plans; nothing heavy is imported for them."""

import click

CANDIDATES = click.option("--candidates", type=int, default=1, help="Candidates that share alpha (Holm).")
ALPHA = click.option("--alpha", type=float, default=0.05, help="Significance level.")
POWER = click.option("--power", type=float, default=0.8, help="Probability to find the effect.")
RATIO = click.option("--ratio", type=float, default=1.0, help="Candidate's clients per original's.")
TWO_SIDED = click.option("--two-sided", is_flag=True, help="Two-sided test (default: one-sided).")
METHOD = click.option("--method", type=click.Choice(["z", "t"]), default="z")
CORRELATION = click.option(
    "--correlation",
    type=float,
    default=0.0,
    help="Correlation of the money with a covariate known before (CUPED); reduces the clients.",
)
MARGIN = click.option(
    "--margin", type=float, default=0.0, help="Non-inferiority: the null is difference <= margin."
)
