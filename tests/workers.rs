//! Processes that measure for another end with it, however it ends.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A hang fails; nothing that is waited for takes more than a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// One pass takes hours.
const ENDLESS: &str = "input = [1, 2000, 2000]\n\
    layers = [{ op = 'avg_pool2d', kernel_size = 501, stride = 1, padding = 250, repeat = 20 }]\n";

fn bench(folder: &Path, arguments: &[&str]) -> Command {
    fs::write(folder.join("endless.toml"), ENDLESS).unwrap();
    fs::write(folder.join("net.toml"), "input = [3]\nlayers = [{ op = 'relu' }]\n").unwrap();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("cnncost"));
    command.current_dir(folder).env_remove("CLICOLOR_FORCE").arg("bench").args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// Waits until something is so.
#[track_caller]
fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process runs: one that has ended and that nobody has waited for does not.
fn runs(process: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    state.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

fn kill(process: &mut Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn a_worker_ends_in_the_midst_of_a_pass() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = bench(folder.path(), &["--serve", "net.toml"]).spawn().unwrap();
    let mut requests = worker.stdin.take().unwrap();
    let mut answer = String::new();
    BufReader::new(worker.stdout.take().unwrap()).read_line(&mut answer).unwrap();
    assert_eq!(answer, "\"Ready\"\n");
    writeln!(requests, r#"{{"Passes":{{"network":0,"passes":1000000000000}}}}"#).unwrap();
    drop(requests);
    until("it computes on, for nobody", || worker.try_wait().unwrap());
}

#[test]
fn workers_end_with_a_process_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = bench(folder.path(), &["endless.toml", "--threads", "1,2"]).spawn().unwrap();
    let children = format!("/proc/{0}/task/{0}/children", parent.id());
    let workers: Vec<u32> = until("it starts workers", || {
        let children = fs::read_to_string(&children).unwrap();
        let workers: Vec<u32> = children.split_whitespace().filter_map(|child| child.parse().ok()).collect();
        (workers.len() == 2 || !runs(parent.id())).then_some(workers)
    });
    assert!(!workers.is_empty());
    kill(&mut parent);
    until("they live on", || (!workers.iter().any(|&worker| runs(worker))).then_some(()));
}

/// What is read once is measured by a program in the place of the one that was started.
#[test]
fn a_network_of_standard_input_is_measured_by_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = bench(folder.path(), &["-", "--threads", "1"]).spawn().unwrap();
    process.stdin.take().unwrap().write_all(ENDLESS.as_bytes()).unwrap();
    let variables = format!("/proc/{}/environ", process.id());
    until("it has as many threads as it is to have", || {
        let variables = String::from_utf8(fs::read(&variables).unwrap()).unwrap();
        variables.contains("RAYON_NUM_THREADS=1\0").then_some(())
    });
    assert!(runs(process.id()));
    kill(&mut process);
}
