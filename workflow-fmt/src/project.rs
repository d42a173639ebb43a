//! The files of a package: those that cargo compiles, as `cargo fmt` takes them.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Packages of a workspace, as cargo describes them.
pub(crate) struct Project {
    metadata: Value,
}

/// One package.
struct Package<'t> {
    folder: PathBuf,
    targets: &'t [Value],
}

impl Project {
    /// Asks cargo for the workspace of the current folder, or that of a manifest.
    ///
    /// # Errors
    /// A message: there is no cargo, or it refuses the manifest.
    pub(crate) fn read(manifest: Option<&Path>) -> Result<Self, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(&cargo);
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        if let Some(manifest) = manifest {
            command.arg("--manifest-path").arg(manifest);
        }
        let output = command.output().map_err(|error| format!("'{}' can't be started: {error}", cargo.display()))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        let metadata = serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo's metadata: {error}"))?;
        Ok(Self { metadata })
    }

    fn packages(&self) -> Vec<Package<'_>> {
        let packages = self.metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let package = |package: &'_ Value| {
            let folder = Path::new(package["manifest_path"].as_str()?).parent()?.to_owned();
            Some(folder)
        };
        packages
            .iter()
            .filter_map(|one| {
                let targets = one["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
                Some(Package { folder: package(one)?, targets })
            })
            .collect()
    }

    /// Returns the files with their editions: those of the package around `folder`, or of the whole workspace where no
    /// package is around it, or where `all` asks for it.
    pub(crate) fn files(&self, folder: &Path, all: bool) -> BTreeMap<PathBuf, String> {
        let packages = self.packages();
        let around = packages.iter().filter(|package| folder.starts_with(&package.folder));
        let nearest = around.max_by_key(|package| package.folder.components().count());
        let chosen: Vec<&Package> = match nearest {
            Some(package) if !all => vec![package],
            _ => packages.iter().collect(),
        };
        let mut files = BTreeMap::new();
        for target in chosen.iter().flat_map(|package| package.targets) {
            if let (Some(root), Some(edition)) = (target["src_path"].as_str(), target["edition"].as_str()) {
                let root = PathBuf::from(root);
                let folder = root.parent().map(Path::to_owned).unwrap_or_default();
                add_module(&root, &folder, edition, &mut files);
            }
        }
        files
    }

    /// Returns the edition of the package around a file.
    pub(crate) fn edition_of(&self, file: &Path) -> Option<String> {
        let packages = self.packages();
        let around = packages.iter().filter(|package| file.starts_with(&package.folder));
        let nearest = around.max_by_key(|package| package.folder.components().count())?;
        nearest.targets.first()?["edition"].as_str().map(ToOwned::to_owned)
    }
}

/// Adds a file and those of its modules. `folder` is where these lie.
fn add_module(file: &Path, folder: &Path, edition: &str, files: &mut BTreeMap<PathBuf, String>) {
    if files.insert(file.to_owned(), edition.to_owned()).is_some() {
        return;
    }
    // What can't be read is reported when it is formatted.
    let Ok(source) = fs::read_to_string(file) else { return };
    let Ok(stream) = source.parse::<TokenStream>() else { return };
    let beside = file.parent().unwrap_or(folder).to_owned();
    add_modules(stream, &beside, folder, edition, files);
}

/// Adds the files of the modules that some tokens declare. A path in an attribute begins in the folder `beside`.
fn add_modules(
    stream: TokenStream,
    beside: &Path,
    folder: &Path,
    edition: &str,
    files: &mut BTreeMap<PathBuf, String>,
) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Ident(word) = tree else { continue };
        if word != "mod" {
            continue;
        }
        let (Some(TokenTree::Ident(name)), Some(next)) = (trees.get(at + 1), trees.get(at + 2)) else { continue };
        let name = name.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        let given = path_before(&trees[..at]);
        match next {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inner = given.map_or_else(|| folder.join(name), |given| beside.join(given));
                add_modules(group.stream(), &inner, &inner, edition, files);
            }
            TokenTree::Punct(semicolon) if semicolon.as_char() == ';' => {
                if let Some(given) = given {
                    let file = beside.join(given);
                    let folder = file.parent().map(Path::to_owned).unwrap_or_default();
                    if file.exists() {
                        add_module(&file, &folder, edition, files);
                    }
                    continue;
                }
                let (file, in_folder) = (folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs"));
                let found = if file.exists() { file } else { in_folder };
                if found.exists() {
                    add_module(&found, &folder.join(name), edition, files);
                }
            }
            _ => {}
        }
    }
}

/// Returns the path in the attribute `#[path = ".."]` before a `mod`.
fn path_before(trees: &[TokenTree]) -> Option<String> {
    let mut rest = trees;
    loop {
        rest = match rest {
            [before @ .., TokenTree::Ident(word)] if word == "pub" => before,
            [before @ .., TokenTree::Ident(word), TokenTree::Group(_)] if word == "pub" => before,
            [before @ .., TokenTree::Punct(hash), TokenTree::Group(group)] if hash.as_char() == '#' => {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                if let [TokenTree::Ident(word), TokenTree::Punct(_), TokenTree::Literal(path)] = inside.as_slice()
                    && word == "path"
                {
                    return Some(path.to_string().trim_matches('"').to_owned());
                }
                before
            }
            _ => return None,
        };
    }
}
