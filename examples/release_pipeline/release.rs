//! The output of the pipeline.

use std::fmt;
use std::path::PathBuf;

use comfy_table::{CellAlignment, Table, presets};

use crate::project::Project;
use crate::step::{Step, StepReport};

/// The report of every step; none if it was skipped. `Display` gives it as a table, with the output of what failed.
#[derive(Debug)]
pub struct Release {
    /// Project that is released.
    pub project: Project,
    /// Is it formatted?
    pub format: StepReport,
    /// Does the linter find anything?
    pub lint: StepReport,
    /// Does it compile?
    pub build: StepReport,
    /// Do its tests pass?
    pub tests: Option<StepReport>,
    /// Is its documentation whole?
    pub docs: Option<StepReport>,
    /// Can it be packed?
    pub package: Option<StepReport>,
}

impl Release {
    /// Whether every step was done, with success.
    pub fn is_ready(&self) -> bool {
        self.steps().iter().all(|(_, report)| report.is_some_and(StepReport::passed))
    }

    /// The packages that were made.
    pub fn packages(&self) -> Vec<PathBuf> {
        let folder = self.project.target.join(Step::Package.target()).join("package");
        let was_packed = self.package.as_ref().is_some_and(StepReport::passed);
        let names = self.project.packages.iter().filter(|_| was_packed);
        names.map(|name| folder.join(format!("{name}.crate"))).filter(|path| path.is_file()).collect()
    }

    fn steps(&self) -> [(Step, Option<&StepReport>); 6] {
        [
            (Step::Format, Some(&self.format)),
            (Step::Lint, Some(&self.lint)),
            (Step::Build, Some(&self.build)),
            (Step::Tests, self.tests.as_ref()),
            (Step::Docs, self.docs.as_ref()),
            (Step::Package, self.package.as_ref()),
        ]
    }
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["Step", "Outcome", "Seconds"]);
        if let Some(column) = table.column_mut(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let steps = self.steps();
        for (step, report) in steps {
            let outcome = match report {
                None => "not run",
                Some(report) if report.passed() => "passed",
                Some(_) => "FAILED",
            };
            let seconds = report.map(|report| format!("{:.1}", report.took.as_secs_f64())).unwrap_or_default();
            table.add_row([step.to_string(), outcome.to_owned(), seconds]);
        }
        writeln!(formatter, "{}\n{table}", self.project.packages.join(", "))?;
        for report in steps.into_iter().filter_map(|(_, report)| report) {
            if let Some(status) = &report.failure {
                writeln!(formatter, "\n{} failed ({status}):\n{}", report.step, report.tail)?;
            }
        }
        for package in self.packages() {
            writeln!(formatter, "packed: {}", package.display())?;
        }
        Ok(())
    }
}
