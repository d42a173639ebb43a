//! The workflow: what a release needs, and what needs what.

use std::path::PathBuf;

use workflow_runtime::workflow;

use crate::cargo::Cargo;
use crate::project::Project;
use crate::release::Release;
use crate::step::{Step, StepReport};

workflow! {
    /// Takes a cargo project from its sources to a package that can be published.
    ///
    /// A step that fails is a report rather than a failure, so that one run shows everything that is wrong; what
    /// depends on it is skipped. The workflow itself fails only where there is nothing to report on.
    pub workflow ReleasePipeline(directory: PathBuf) -> Release
    with cargo: Cargo
    {
        /// Everything else needs to know what there is.
        #[blocking]
        stage project: Project = Project::open(directory, cargo);

        // Nothing connects these three, so they run side by side.
        stage format: StepReport = cargo.run(Step::Format, project);
        stage lint: StepReport = cargo.run(Step::Lint, project);
        stage build: StepReport = cargo.run(Step::Build, project);

        /// Links with the output of `build`, so it runs only if that succeeded.
        #[when(build.passed())]
        stage tests: Option<StepReport> = cargo.run(Step::Tests, project);

        /// Code that does not compile can't be documented either.
        #[when(build.passed())]
        stage docs: Option<StepReport> = cargo.run(Step::Docs, project);

        let ready: bool = [Some(format), Some(lint), Some(build), tests.as_ref(), docs.as_ref()]
            .into_iter()
            .all(|check| check.is_some_and(StepReport::passed));

        /// Only what is in order is worth packing.
        #[when(*ready)]
        stage package: Option<StepReport> = cargo.run(Step::Package, project);

        Release {
            project: project.clone(),
            format: format.clone(),
            lint: lint.clone(),
            build: build.clone(),
            tests: tests.clone(),
            docs: docs.clone(),
            package: package.clone(),
        }
    }
}
