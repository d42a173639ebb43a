//! Gives the macro on, and nothing else of the runtime.
pub use workflow_runtime::workflow;
/// Under another name, in a module.
pub mod inner {
    pub use workflow_runtime::workflow as flow;
}
