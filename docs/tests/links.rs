//! Links in Markdown lead to something: files and headings of this repository. Pages that are published elsewhere have
//! none that hold only here.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Component, Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

/// Every Markdown file of the repository, build products left out.
fn pages() -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be read") {
            let path = entry.expect("its entries can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(&path).expect("a page can be read");
                pages.insert(path, text);
            }
        }
    }
    pages
}

/// The lines outside of code blocks, with their numbers; code in backticks is blanked.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let start = line.trim_start();
        let marker = ["```", "~~~"].into_iter().find(|marker| start.starts_with(marker));
        match (fence, marker) {
            (None, Some(marker)) => fence = Some(marker),
            (Some(open), Some(marker)) if open == marker => fence = None,
            (None, None) => lines.push((number + 1, line.to_owned())),
            _ => {}
        }
    }
    lines
}

/// The text with what stands in backticks left out.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> HashSet<String> {
    let mut anchors = HashSet::new();
    for (_, line) in prose(text) {
        let heading = line.trim_start_matches('#');
        let depth = line.len() - heading.len();
        if !(1..=6).contains(&depth) || !heading.starts_with(' ') {
            continue;
        }
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let anchor: String = heading.trim().to_lowercase().chars().filter(kept).collect();
        let anchor = anchor.replace(' ', "-");
        let mut unique = anchor.clone();
        let mut count = 0;
        while !anchors.insert(unique.clone()) {
            count += 1;
            unique = format!("{anchor}-{count}");
        }
    }
    anchors
}

/// The targets of a page's links and pictures, with the numbers of their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(&line);
        let inline = line.match_indices("](").filter_map(|(at, _)| line[at + 2..].split([')', ' ']).next());
        let html = ["href=\"", "src=\"", "srcset=\""].into_iter().flat_map(|attribute| {
            line.match_indices(attribute).filter_map(|(at, _)| line[at + attribute.len()..].split('"').next())
        });
        let reference = line
            .strip_prefix('[')
            .and_then(|line| line.split_once("]: "))
            .and_then(|(_, target)| target.split_whitespace().next());
        links.extend(inline.chain(html).chain(reference).map(|target| (number, target.to_owned())));
    }
    links
}

fn is_absolute(target: &str) -> bool {
    ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

/// Without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => _ = normal.pop(),
            Component::CurDir => {}
            component => normal.push(component),
        }
    }
    normal
}

/// Returns the fault of the link, if it has one.
fn wrong(pages: &BTreeMap<PathBuf, String>, page: &Path, target: &str) -> Option<String> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { page.to_owned() } else { normal(&page.parent()?.join(file)) };
    if !path.exists() {
        return Some(format!("there is no {file}"));
    }
    if anchor.is_empty() {
        return None;
    }
    let Some(text) = pages.get(&path) else { return Some(format!("{file} has no headings")) };
    (!anchors(text).contains(anchor)).then(|| format!("no heading makes the anchor #{anchor}"))
}

#[test]
fn each_leads_somewhere() {
    let pages = pages();
    assert!(pages.len() > 10, "{:?}", pages.keys());
    let mut found = Vec::new();
    let mut checked = 0;
    for (page, text) in &pages {
        for (line, target) in links(text).iter().filter(|(_, target)| !is_absolute(target)) {
            checked += 1;
            if let Some(wrong) = wrong(&pages, page, target) {
                found
                    .push(format!("{}:{line}: {target}: {wrong}", page.strip_prefix(root()).unwrap_or(page).display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(checked > 40, "only {checked} links");
}

/// crates.io and docs.rs show these pages without the repository around them.
#[test]
fn published_pages_have_none_that_hold_only_here() {
    let pages = pages();
    let mut published = 0;
    for manifest in
        fs::read_dir(root()).expect("the repository").filter_map(|entry| Some(entry.ok()?.path().join("Cargo.toml")))
    {
        let Ok(manifest_text) = fs::read_to_string(&manifest) else { continue };
        let key = |key: &str| manifest_text.lines().find(|line| line.starts_with(key));
        if key("publish = false").is_some() {
            continue;
        }
        published += 1;
        let folder = manifest.parent().expect("a manifest lies in a folder");
        assert_eq!(key("readme"), Some("readme = \"README.md\""), "{}: a page of its own", manifest.display());
        let text =
            pages.get(&folder.join("README.md")).unwrap_or_else(|| panic!("{} has no README.md", folder.display()));
        let relative: Vec<_> = links(text).into_iter().filter(|(_, target)| !is_absolute(target)).collect();
        assert!(relative.is_empty(), "{}: {relative:?}", folder.display());
    }
    assert_eq!(published, 7);
}

#[test]
fn what_leads_nowhere_is_seen() {
    let page = PathBuf::from("/book/page.md");
    let text = "# Page\n\n## `kill -9`, twice\n\n## Twice\n\n## Twice\n\n```text\n[no](link)\n```\n[a](#kill--9-twice) `[b](c)`\n";
    let pages = BTreeMap::from([(page.clone(), text.to_owned())]);
    assert_eq!(links(text), [(11 + 1, "#kill--9-twice".to_owned())]);
    assert!(wrong(&pages, &page, "#kill--9-twice").is_none() || !page.exists());
    assert_eq!(anchors(text), ["page", "kill--9-twice", "twice", "twice-1"].map(str::to_owned).into());
    let here = root().join("README.md");
    let all = self::pages();
    assert!(wrong(&all, &here, "no-such-file.md").is_some_and(|wrong| wrong.contains("no-such-file")));
    assert!(wrong(&all, &here, "#no-such-heading").is_some_and(|wrong| wrong.contains("no-such-heading")));
    assert_eq!(wrong(&all, &here, "docs/language.md"), None);
    let html = r#"<img src="docs/a.svg"> <a href="b.md">"#;
    assert_eq!(links(html), [(1, "b.md".to_owned()), (1, "docs/a.svg".to_owned())]);
}
