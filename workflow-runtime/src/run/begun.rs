//! The number of runs that were begun inside one stage, by the name of their workflow.

use crate::stage_id::StageId;

/// The number of begun runs of each workflow, by stage.
#[derive(Default)]
pub(crate) struct NestedRunCounts(Vec<(StageId, &'static str, u32)>);

impl NestedRunCounts {
    /// Counts one more in that stage; returns how many there were.
    pub(crate) fn one_more(&mut self, stage: StageId, workflow: &'static str) -> u32 {
        let known = self.0.iter_mut().find(|(at, name, _)| *at == stage && *name == workflow);
        match known {
            Some((.., times)) => {
                *times += 1;
                *times - 1
            }
            None => {
                self.0.push((stage, workflow, 1));
                0
            }
        }
    }
}
