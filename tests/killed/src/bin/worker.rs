//! Works in the folder of the first argument, on as many instances as the second one says.
#![forbid(unsafe_code)]

use anyhow::Context;
use std::{env, path::PathBuf};
use workflow_killed_tests::{Place, work};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let folder: PathBuf = arguments.next().context("the first argument is a folder")?.into();
    let instances = arguments.next().context("the second argument is a number")?.parse()?;
    work(&Place::new(&folder), instances).await
}
