//! README's picture is that of its workflow. `UPDATE_SNAPSHOTS=1` draws it anew.

include!("../examples/quote.rs");

use std::{env, fs, path::Path};

fn compare(file: &str, drawn: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, drawn).expect("the picture can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(kept == drawn, "{file} is not the picture of README's workflow: UPDATE_SNAPSHOTS=1 draws it anew");
}

#[test]
fn is_current() {
    compare("quote.svg", &Quote::GRAPH.to_svg_file());
}

#[tokio::test(start_paused = true)]
async fn prints_what_readme_shows() {
    let answer = Quote::new().run("apples".to_owned(), 100).await.expect("a quote");
    let failure = Quote::new().run("stars".to_owned(), 1).await.expect_err("stars have no price");
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).expect("README.md");
    assert!(
        readme.replace("\r\n", "\n").contains(&format!("```text\n{answer}\n{failure:#}\n```\n")),
        "{answer}\n{failure:#}"
    );
}
