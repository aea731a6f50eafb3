"""A plan as a Workflow of Argo: order and control values only; what steps do travels with the plan."""
