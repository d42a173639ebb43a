//! A graph of the shape of Montage, the astronomers' mosaics. Images are projected, neighbours are compared, and one
//! model is fitted to all differences. Each image is corrected by the model, and tiles of several images are added up.
use super::numbers::Numbers;
use std::fmt::Write as _;

/// The work of a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Projects an image of the input.
    Project,
    /// Compares two projections.
    Difference,
    /// Collects all differences: the widest fan-in.
    Concatenate,
    /// Fits the background's model.
    Model,
    /// Corrects an image: its projection, a difference and the model.
    Background,
    /// The table of all corrected images.
    Table,
    /// Adds some images up.
    Tile,
    /// All tiles in one picture.
    Mosaic,
}

/// One stage, and by number those that it needs. They stand before it.
pub struct Stage {
    /// As in the workflow.
    pub name: String,
    /// The work of the node.
    pub kind: Kind,
    /// Nodes that this one reads.
    pub needs: Vec<usize>,
}

/// The graph in which the last stage's value is the output.
pub struct Dag {
    /// In an order in which they can run.
    pub stages: Vec<Stage>,
}

impl Dag {
    /// With some `stages` stages, three edges each, and a fan-in of some 30 % of them.
    #[must_use]
    pub fn montage(stages: usize) -> Self {
        let images = stages * 3 / 10;
        let tiles = stages.saturating_sub(3 * images + 4).max(1);
        let mut numbers = Numbers::new(stages as u64);
        let mut dag = Self { stages: Vec::new() };
        let projections: Vec<usize> =
            (0..images).map(|image| dag.add(format!("project_{image}"), Kind::Project, Vec::new())).collect();
        let differences: Vec<usize> = (0..images)
            .map(|image| {
                let other = projections[(image + 1 + numbers.below(3)) % images];
                dag.add(format!("difference_{image}"), Kind::Difference, vec![projections[image], other])
            })
            .collect();
        let fits = dag.add("fits".to_owned(), Kind::Concatenate, differences.clone());
        let model = dag.add("model".to_owned(), Kind::Model, vec![fits]);
        let corrected: Vec<usize> = (0..images)
            .map(|image| {
                let needs = vec![projections[image], differences[(image + 7) % images], model];
                dag.add(format!("background_{image}"), Kind::Background, needs)
            })
            .collect();
        let table = dag.add("table".to_owned(), Kind::Table, corrected.clone());
        let tiles: Vec<usize> = (0..tiles)
            .map(|tile| {
                let mut needs: Vec<usize> = (0..9).map(|part| corrected[(tile * 3 + part) % images]).collect();
                needs.push(table);
                needs.sort_unstable();
                needs.dedup();
                dag.add(format!("tile_{tile}"), Kind::Tile, needs)
            })
            .collect();
        dag.add("mosaic".to_owned(), Kind::Mosaic, tiles);
        dag
    }

    fn add(&mut self, name: String, kind: Kind, needs: Vec<usize>) -> usize {
        self.stages.push(Stage { name, kind, needs });
        self.stages.len() - 1
    }

    /// How many times a stage reads another.
    #[must_use]
    pub fn edges(&self) -> usize {
        self.stages.iter().map(|stage| stage.needs.len()).sum()
    }

    /// How many the widest stage reads.
    #[must_use]
    pub fn fan_in(&self) -> usize {
        self.stages.iter().map(|stage| stage.needs.len()).max().unwrap_or(0)
    }

    /// The output, one stage after the other; `work` is what a stage does.
    ///
    /// # Panics
    /// Of a graph without stages.
    #[must_use]
    pub fn evaluate(&self, sky: u64, work: impl Fn(u64, &[&u64]) -> u64) -> u64 {
        let mut values: Vec<u64> = Vec::new();
        for (number, stage) in (0u64..).zip(&self.stages) {
            let inputs: Vec<&u64> = match stage.kind {
                Kind::Project => vec![&sky],
                _ => stage.needs.iter().map(|&on| &values[on]).collect(),
            };
            let value = work(number, &inputs);
            values.push(value);
        }
        *values.last().expect("there is a mosaic")
    }

    /// The workflow, with functions of each form that a stage may have.
    #[must_use]
    pub fn source(&self, name: &str) -> String {
        let mut stages: Vec<String> = (0..)
            .zip(&self.stages)
            .map(|(number, stage): (usize, _)| {
                let needs: Vec<&str> = stage.needs.iter().map(|&on| self.stages[on].name.as_str()).collect();
                let call = match stage.kind {
                    Kind::Project => format!("project({number}, sky)"),
                    Kind::Difference | Kind::Background => format!("later({number}, [{}])", needs.join(", ")),
                    Kind::Tile => format!("fallible({number}, &[{}])", needs.join(", ")),
                    _ => format!("work({number}, &[{}])", needs.join(", ")),
                };
                format!("    stage {}: u64 = {call};\n", stage.name)
            })
            .collect();
        // Stages may stand in any order.
        let mut numbers = Numbers::new(1);
        for last in (1..stages.len()).rev() {
            stages.swap(last, numbers.below(last + 1));
        }
        let mut source =
            format!("workflow! {{\n/// Made by `tests/build.rs`.\npub workflow {name}(sky: u64) -> u64 {{\n");
        for stage in &stages {
            source += stage;
        }
        let last = &self.stages[self.stages.len() - 1].name;
        let _ = writeln!(source, "    *{last}\n}}\n}}");
        source
    }
}
