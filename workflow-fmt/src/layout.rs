//! How wide indentation is, and where a macro stands.

/// The indentation of one macro.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) hard_tabs: bool,
    pub(crate) tab_spaces: usize,
    /// The white space before the line in which the macro starts.
    pub(crate) indentation: String,
}

impl Layout {
    /// Returns the number of blocks around the macro.
    pub(crate) fn depth(&self) -> usize {
        self.columns() / self.tab_spaces.max(1)
    }

    /// Returns the number of letters of one level.
    pub(crate) fn unit(&self) -> usize {
        if self.hard_tabs { 1 } else { self.tab_spaces }
    }

    /// Returns what a line needs more than whole levels, so that it stands below the macro.
    pub(crate) fn shift(&self) -> String {
        " ".repeat(self.columns() % self.tab_spaces.max(1))
    }

    fn columns(&self) -> usize {
        self.indentation.chars().map(|letter| if letter == '\t' { self.tab_spaces } else { 1 }).sum()
    }
}
