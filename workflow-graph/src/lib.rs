//! The static graph of a workflow.
