"""`sereno flow`: write, check, publish, watch and back-test flows."""

from cyclopts import App

from sereno.cli.flows import backtesting, checking, living, measuring, staging

app = App(name="flow", help="Flows: check, apply, publish, pause, list, back-test, measure.", help_format="plaintext")
app.command(checking.lint)
app.command(living.apply)
app.command(checking.diff)
app.command(living.export)
app.command(living.publish)
app.command(living.pause)
app.command(living.resume)
app.command(staging.stage)
app.command(living.list_flows, name="list")
app.command(living.templates)
app.command(living.start)
app.command(backtesting.backtest)
app.command(measuring.results)

__all__ = ["app"]
