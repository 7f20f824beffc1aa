//! What is only for a terminal, and what of it goes through a pipe: `analyze --watch`, links, how far a command is.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// Longer than anything takes here, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program while it watches, and its lines as they come.
struct Watch {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cnncost"));
    command.env_remove("CLICOLOR_FORCE").env_remove("FORCE_HYPERLINK").env("COLUMNS", "100");
    command
}

fn watch(folder: &Path, arguments: &[&str]) -> Watch {
    let mut command = program();
    command.current_dir(folder).args(["analyze", "--watch"]).args(arguments);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    Watch { child, out: lines(out), err: lines(err) }
}

/// The lines up to one that has this in it.
fn until(lines: &Receiver<String>, word: &str) -> Vec<String> {
    let mut seen = vec![];
    loop {
        let line = lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {word} in {seen:#?}"));
        assert!(!line.contains('\u{1b}'), "{line:?}");
        seen.push(line);
        if seen.last().is_some_and(|line| line.contains(word)) {
            return seen;
        }
    }
}

fn net(channels: u32) -> String {
    format!("input = [1, 8, 8]\nlayers = [{{ op = 'conv2d', out_channels = {channels}, kernel_size = 3 }}]\n")
}

/// A folder with a network in it.
fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.toml");
    fs::write(&path, net(4)).unwrap();
    (folder, path)
}

#[test]
fn each_change_is_printed_below_the_last() {
    let (folder, path) = folder();
    let watch = watch(folder.path(), &["net.toml"]);
    let first = until(&watch.out, "complete:");
    assert!(first[0].starts_with(" net · 1×8×8 → 4×6×6"), "{first:#?}");
    // In its place, by another file of its name, and after it was empty for a moment.
    fs::write(&path, net(8)).unwrap();
    let second = until(&watch.out, "complete:");
    assert_eq!(second[0], "");
    assert!(
        second[1].starts_with("── parameters +100.0 % (40 → 80) · MACs +100.0 % (1,296 → 2,592) · "),
        "{second:#?}"
    );
    let other = folder.path().join("net.toml~");
    fs::write(&other, net(2)).unwrap();
    fs::rename(&other, &path).unwrap();
    let third = until(&watch.out, "complete:");
    assert!(third[1].contains("MACs −75.0 %"), "{third:#?}");
    fs::write(&path, "").unwrap();
    thread::sleep(Duration::from_millis(300));
    fs::write(&path, net(6)).unwrap();
    let fourth = until(&watch.out, "complete:");
    assert!(fourth[1].contains("MACs +200.0 %"), "{fourth:#?}");
    fs::remove_file(&path).unwrap();
    thread::sleep(Duration::from_millis(300));
    fs::write(&path, net(3)).unwrap();
    let fifth = until(&watch.out, "complete:");
    assert!(fifth[1].contains("MACs −50.0 %"), "{fifth:#?}");
    // None of this was an error.
    assert!(watch.err.try_recv().is_err());
}

#[test]
fn mistakes_are_said_and_the_last_that_was_good_is_kept() {
    let (folder, path) = folder();
    let watch = watch(folder.path(), &["net.toml"]);
    until(&watch.out, "complete:");
    fs::write(&path, net(8).replace("conv2d", "conv3x")).unwrap();
    let said = until(&watch.err, "net.toml:2:");
    assert!(said[0].starts_with("error: there is no operator"), "{said:#?}");
    fs::write(&path, net(8)).unwrap();
    assert!(until(&watch.out, "complete:")[1].contains("(40 → 80)"));
    // For good this time.
    fs::remove_file(&path).unwrap();
    until(&watch.err, "there is no such file");
    fs::write(&path, net(8)).unwrap();
    let back = until(&watch.out, "complete:");
    assert_eq!(back[1], "── the totals are the same", "{back:#?}");
}

#[test]
fn files_that_are_included_are_watched() {
    let (folder, path) = folder();
    let blocks = folder.path().join("blocks.toml");
    fs::write(&path, "include = ['blocks.toml']\ninput = [1, 8, 8]\nlayers = [{ use = 'b' }]\n").unwrap();
    let block = |channels: u32| {
        format!("[blocks.b]\nlayers = [{{ op = 'conv2d', out_channels = {channels}, kernel_size = 3 }}]\n")
    };
    fs::write(&blocks, block(4)).unwrap();
    let watch = watch(folder.path(), &["net.toml", "lenet5", "--lang", "zh"]);
    until(&watch.out, "lenet5");
    fs::write(&blocks, block(5)).unwrap();
    let changed = until(&watch.out, "lenet5");
    assert!(changed[1].starts_with("── net:参数量 +25.0 %(40 → 50) · 乘加数 +25.0 %"), "{changed:#?}");
    // One that is not there is noticed when it comes.
    fs::remove_file(&blocks).unwrap();
    until(&watch.err, "blocks.toml");
    assert_eq!(until(&watch.out, "完整")[1], "── 有文件无法读取");
    fs::write(&blocks, block(4)).unwrap();
    assert!(until(&watch.out, "lenet5").iter().any(|line| line.contains("乘加数 −20.0 %")));
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let (folder, _) = folder();
    for (arguments, why) in [
        (&["-"][..], "what comes through a pipe does not change"),
        (&["lenet5"], "`lenet5` is bundled, and does not change"),
        (&["net.toml", "-o", "out.txt"], "writes no file"),
        (&["net.toml", "--format", "json"], "a table or a tree"),
        (&["nothing.toml"], "there is no such file"),
        (&["."], "it is a directory"),
        (&["net.toml", "--columns", "nope"], "there is no column `nope`"),
    ] {
        let output = program()
            .current_dir(folder.path())
            .args(["analyze", "--watch"])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{arguments:?}: {said}");
        assert!(said.contains(why), "{arguments:?}: {said}");
    }
}

/// The program on a terminal of its own, where there is the command that makes one: what it writes, and how it ends.
fn on_terminal(folder: &Path, line: &str, keys: impl FnOnce(&mut dyn Write)) -> Option<(String, i32)> {
    let is_there = Command::new("script")
        .arg("--version")
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux"));
    if !is_there {
        return None;
    }
    let line =
        format!("stty cols 70 rows 30; CNNCOST={}; {line}; echo code $?", env!("CARGO_BIN_EXE_cnncost"));
    let mut command = Command::new("script");
    command
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env("TERM", "xterm-256color");
    let mut child = command
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    keys(child.stdin.as_mut().unwrap());
    let output = child.wait_with_output().unwrap();
    let written = String::from_utf8_lossy(&output.stdout).into_owned();
    let code = written.rsplit_once("code ")?.1.trim().parse().ok()?;
    Some((written, code))
}

#[test]
fn a_terminal_is_given_back_as_it_was() {
    let (folder, path) = folder();
    let written = on_terminal(folder.path(), "$CNNCOST analyze --watch net.toml", |keys| {
        thread::sleep(Duration::from_secs(2));
        fs::write(&path, net(8)).unwrap();
        thread::sleep(Duration::from_secs(2));
        fs::write(&path, "input = [").unwrap();
        thread::sleep(Duration::from_secs(2));
        keys.write_all(b"\x03").unwrap();
    });
    let Some((written, code)) = written else { return };
    assert_eq!(code, 0, "{written}");
    let (begin, end) = ("\u{1b}[?1049h\u{1b}[?25l", "\u{1b}[?25h\u{1b}[?1049l");
    assert_eq!((written.matches(begin).count(), written.matches(end).count()), (1, 1), "{written:?}");
    assert!(written.trim_end().ends_with("code 0") && written.find(begin) < written.find(end), "{written:?}");
    let screens: Vec<_> = written.split("\u{1b}[H").skip(1).collect();
    assert!(screens.len() >= 3, "{written:?}");
    // Nothing scrolls: of each screen there are fewer lines than the terminal has.
    assert!(screens.iter().all(|screen| screen.matches('\n').count() < 30), "{written:?}");
    assert!(screens[0].contains("watching net.toml · `q` or Ctrl-C ends"), "{written:?}");
    assert!(screens.iter().any(|screen| screen.contains("MACs +100.0 % (1,296 → 2,592)")), "{written:?}");
    let last = screens.last().unwrap();
    assert!(
        last.contains("net.toml:1:") && last.contains("before: net: parameters 80 · MACs 2,592"),
        "{last:?}"
    );
    assert!(!last.contains("complete:"), "{last:?}");
}

/// Names of layers and places of mistakes lead to their lines, on a terminal that can follow them.
#[test]
fn names_lead_to_their_lines() {
    let (folder, path) = folder();
    let on = |line: &str| on_terminal(folder.path(), line, |_| {}).map(|(written, _)| written);
    let link = |line: u32, words: &str| {
        let url =
            format!("{}#{line}\u{1b}\\{words}\u{1b}]8;;\u{1b}\\", path.canonicalize().unwrap().display());
        move |written: &str| written.contains("\u{1b}]8;;file://") && written.contains(&url)
    };
    let Some(written) = on("env FORCE_HYPERLINK=1 $CNNCOST analyze net.toml") else { return };
    assert!(link(2, "conv2d_1")(&written) && !link(1, "total")(&written), "{written:?}");
    let tree = on("env FORCE_HYPERLINK=1 NO_COLOR=1 $CNNCOST analyze net.toml --format tree").unwrap();
    assert!(link(2, "conv2d_1")(&tree), "{tree:?}");
    // What is shown is as wide as without.
    let plain = on("env FORCE_HYPERLINK=0 $CNNCOST analyze net.toml").unwrap();
    let without: String = written
        .split("\u{1b}]8;;")
        .enumerate()
        .map(|(at, piece)| if at == 0 { piece } else { piece.split_once("\u{1b}\\").unwrap().1 })
        .collect();
    assert_eq!(without, plain);
    for never in [
        "env FORCE_HYPERLINK=1 $CNNCOST analyze net.toml --color never",
        "env FORCE_HYPERLINK=1 $CNNCOST analyze net.toml -o out; cat out",
        "env FORCE_HYPERLINK=1 $CNNCOST analyze net.toml | cat",
        "env FORCE_HYPERLINK=1 $CNNCOST analyze lenet5",
    ] {
        let written = on(never).unwrap();
        assert!(written.contains("MACs") && !written.contains("]8;;"), "{never}: {written:?}");
    }
    fs::write(&path, net(4).replace("conv2d", "conv3x")).unwrap();
    let mistake = on("env FORCE_HYPERLINK=1 $CNNCOST analyze net.toml").unwrap();
    assert!(link(2, "net.toml:2:18")(&mistake), "{mistake:?}");
    let piped = on("env FORCE_HYPERLINK=1 $CNNCOST analyze net.toml 2>&1 | cat").unwrap();
    assert!(piped.contains("net.toml:2:18") && !piped.contains("]8;;"), "{piped:?}");
}

/// How far a command is, is told after a while, on a terminal alone, and gone in the end.
#[test]
fn what_takes_long_says_how_far_it_is() {
    let (folder, _) = folder();
    let bench = "bench net.toml --min-time 3 --max-time 3 --precision 0.001%";
    let on = |line: &str| on_terminal(folder.path(), line, |_| {}).map(|(written, _)| written);
    let Some(written) = on(&format!("$CNNCOST {bench} > out")) else { return };
    assert!(written.contains("net, batch 1: ") && written.contains(" samples"), "{written:?}");
    let (_, last) = written.rsplit_once(" samples").unwrap();
    assert!(last.contains("\r\u{1b}[K"), "{last:?}");
    let quiet = on(&format!("$CNNCOST {bench} --quiet > out")).unwrap();
    let piped = on(&format!("$CNNCOST {bench} 2>&1 | cat")).unwrap();
    let short = on("$CNNCOST analyze net.toml > out").unwrap();
    for written in [quiet, piped, short] {
        assert!(!written.contains("batch 1: ") && !written.contains("\u{1b}[K"), "{written:?}");
    }
}
