//! `word_count` counts as `wc` does.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{Finished, run};
use tempfile::TempDir;

fn word_count(tree: &Path, options: &[&str]) -> Finished {
    let arguments = [tree.as_os_str()].into_iter().chain(options.iter().map(AsRef::as_ref));
    run("word_count", arguments, b"")
}

/// Everything that is easy to count wrong.
fn tricky_tree() -> TempDir {
    let tree = TempDir::new().expect("a folder for the test");
    let long_line = vec![b'x'; 300_000];
    let files: [(&str, &[u8]); 12] = [
        ("a_plain.txt", b"one two\nthree\n"),
        ("b_empty.txt", b""),
        ("c_no_line_feed_at_the_end.txt", b"one\ntwo"),
        ("d_windows.txt", b"one\r\ntwo three\r\n"),
        ("e_only_spaces.txt", b"  \t \n\n \x0b\x0c "),
        ("f_letters.txt", "Grüße, Jürgen\nпривет мир\n日本 語\n".as_bytes()),
        ("g_wide_spaces.txt", "a\u{2003}b\u{3000}c\u{a0}d\n".as_bytes()),
        ("h_binary.bin", b"\x00\x01\xff\xfe words \x80\n\x00"),
        ("i/nested.txt", b"deep\n"),
        ("-l", b"a name like an option\n"),
        ("j name with spaces", b"x"),
        ("k_long_line.txt", &long_line),
    ];
    for (name, content) in files {
        let path = tree.path().join(name);
        fs::create_dir_all(path.parent().expect("it is in the tree")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
    tree
}

/// The three numbers of each line, with the end of its name.
fn rows(output: &str) -> Vec<(Vec<u64>, &str)> {
    output
        .lines()
        .map(|line| {
            let name = line.rsplit('/').next().unwrap_or(line);
            let numbers = line.split_whitespace().take(3).filter_map(|number| number.parse().ok());
            (numbers.collect(), name)
        })
        .collect()
}

#[test]
fn counts_lines_words_and_bytes() {
    let tree = tricky_tree();
    let finished = word_count(tree.path(), &[]);
    assert_eq!((finished.code, finished.errors.as_str()), (Some(0), ""));
    let rows = rows(&finished.output);
    let names: Vec<_> = rows.iter().map(|(_, name)| *name).collect();
    let counts = |name: &str| rows.iter().find(|row| row.1 == name).map(|row| row.0.clone());

    assert_eq!(names[..3], ["-l", "a_plain.txt", "b_empty.txt"]);
    assert_eq!(counts("a_plain.txt"), Some(vec![2, 3, 14]));
    assert_eq!(counts("b_empty.txt"), Some(vec![0, 0, 0]));
    assert_eq!(counts("c_no_line_feed_at_the_end.txt"), Some(vec![1, 2, 7]));
    assert_eq!(counts("e_only_spaces.txt"), Some(vec![2, 0, 10]));
    assert_eq!(counts("f_letters.txt"), Some(vec![3, 6, 48]));
    assert_eq!(counts("g_wide_spaces.txt"), Some(vec![1, 4, 13]));
    assert_eq!(counts("nested.txt"), Some(vec![1, 1, 5]));
    assert_eq!(rows.len(), 13, "twelve files and their sum");
    let sum: u64 = rows[..12].iter().map(|(numbers, _)| numbers[2]).sum();
    assert_eq!(rows[12].0[2], sum);
}

#[test]
fn agrees_with_the_real_one() {
    if Command::new("wc").arg("/dev/null").output().is_err() {
        eprintln!("there is no wc to compare with");
        return;
    }
    let tree = tricky_tree();
    let finished = word_count(tree.path(), &["--check"]);
    let verdict = "wc agrees on 12 of 12 files (without the words of 1 that hold no plain text)\n";
    assert_eq!((finished.code, finished.errors.as_str()), (Some(0), verdict));
}

#[test]
fn the_order_does_not_depend_on_the_concurrency() {
    let tree = tricky_tree();
    let alone = word_count(tree.path(), &["--concurrency", "1"]);
    let together = word_count(tree.path(), &["--concurrency", "64"]);
    assert_eq!(alone.output, together.output);
}

#[test]
fn hidden_files_and_caches_are_counted_on_request() {
    let tree = tricky_tree();
    fs::write(tree.path().join(".hidden"), "secret\n").expect("a file");
    fs::write(tree.path().join("i/CACHEDIR.TAG"), "").expect("a file");
    assert_eq!(word_count(tree.path(), &[]).output.lines().count(), 12, "without the hidden one and the folder `i`");
    assert_eq!(word_count(tree.path(), &["--all"]).output.lines().count(), 15);
}

#[test]
#[cfg(target_os = "linux")]
fn an_unreadable_file_does_not_stop_the_others() {
    let tree = tricky_tree();
    // Not even root can open a path of more than 4,095 bytes. Such a file is made by moving its folder down.
    let mut deep = tree.path().to_owned();
    while deep.as_os_str().len() < 3_900 {
        deep.push("z".repeat(99));
    }
    fs::create_dir_all(&deep).expect("the folders");
    let near = tree.path().join("near");
    fs::create_dir(&near).expect("a folder");
    fs::write(near.join("z".repeat(250)), "unreachable\n").expect("a file");
    fs::rename(&near, deep.join("far")).expect("a move");

    let finished = word_count(tree.path(), &["--check"]);
    assert_eq!(finished.code, Some(1));
    assert_eq!(rows(&finished.output).len(), 13, "the others are counted");
    let problem = finished.errors.lines().next().unwrap_or_default();
    assert!(problem.contains("can't be read: File name too long"), "{problem}");
    assert!(finished.errors.contains("wc agrees on 12 of 12 files"), "{}", finished.errors);
}

#[test]
fn a_missing_folder_is_an_error_in_words() {
    let finished = word_count(Path::new("/no/such/folder"), &[]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.errors.contains("'/no/such/folder' can't be read: No such file"), "{}", finished.errors);
}

#[test]
fn shows_its_graph() {
    let finished = word_count(Path::new("."), &["--graph"]);
    assert_eq!(finished.code, Some(0));
    assert!(finished.output.contains("counted"), "{}", finished.output);
}
