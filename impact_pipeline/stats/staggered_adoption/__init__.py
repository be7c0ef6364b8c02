"""Units that adopt a change at different times: group-time effects, their aggregations, and what is held against them.

`cohorts` orders a panel, `cells` says who is compared with whom, `group_time` estimates, `aggregation` sums up;
`imputation`, `two_way` and `goodman_bacon` are the other answers to the same question.
"""
