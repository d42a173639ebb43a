//! The workflow: list a tree, count its files side by side, merge.

use workflow_runtime::workflow;

use crate::check::{Comparison, compare};
use crate::counts::Counts;
use crate::report::{FileReport, Request, WordCounts};
use crate::tree::{Tree, list_files};

workflow! {
    /// Counts the words of every file in a tree.
    pub workflow WordCount(request: Request) -> WordCounts {
        // Walking a tree and reading files block their thread, so they get threads that may be blocked.
        #[blocking]
        stage tree: Tree = list_files(&request.root, request.all);

        // The results stand in the order of the files, whichever was counted first.
        #[concurrency(request.concurrency)]
        stage files: Vec<FileReport> = for path in &tree.files {
            #[blocking]
            stage counted: FileReport = FileReport::of(path);
            counted
        };

        stage total: Counts = files.iter().filter_map(FileReport::counts).sum::<Counts>();

        // The real `wc` runs as a child process for each file, beside the sum above.
        #[when(request.check)]
        #[concurrency(request.concurrency)]
        stage comparisons: Option<Vec<Comparison>> = for file in files {
            stage comparison: Comparison = compare(file);
            comparison
        };

        WordCounts {
            files: files.clone(),
            unreadable: tree.unreadable.clone(),
            total: *total,
            comparisons: comparisons.clone(),
        }
    }
}
