"""What each page shows, as one typed document: the page is rendered from it, and it is the page's `.json`.

| page | document |
|---|---|
| list | `experiment_list.ExperimentList` |
| an experiment | `experiment.ExperimentDocument` |
| its report | `report.ReportDocument` |
| new experiment | `new_experiment.PlanningDocument` |
| API keys | `keys.KeyList` |

Every function takes a connection and the time, and reads sums: a million clients cost what ten do. Money is $ per
client, shares are 0..1, times are ISO 8601 in UTC.
"""
