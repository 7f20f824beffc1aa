//! The work of a long test, done by several processes.
//!
//! candle's threads are the whole process's. They help little with networks as small as the tests', and unless a variable
//! says how many there are, candle reads that from the system anew for each matrix product, which takes longer than the
//! product. So the work is done by processes with one thread each, as many as there are processors.

use std::process::{Command, Stdio};
use std::thread;

/// Says which share a process does: `1/4`.
const SHARE: &str = "CNNCOST_TEST_SHARE";

/// The most processes: the largest networks take a gigabyte each.
const MOST: usize = 3;

/// Does the work on each of the items. `test` is the name of the test that calls, of which each process does a share.
pub(crate) fn share<T>(test: &str, items: impl IntoIterator<Item = T>, mut work: impl FnMut(T)) {
    if let Ok(share) = std::env::var(SHARE) {
        let (place, of) = share.split_once('/').unwrap();
        items.into_iter().skip(place.parse().unwrap()).step_by(of.parse().unwrap()).for_each(&mut work);
        return;
    }
    let of = thread::available_parallelism().map_or(1, usize::from).min(MOST);
    let start = |place| {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args([test, "--exact", "--nocapture"]).env(SHARE, format!("{place}/{of}"));
        program.env("RAYON_NUM_THREADS", "1").env("CANDLE_NUM_THREADS", "1");
        program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let processes: Vec<_> = (0..of).map(start).collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{printed}\n{said}");
        assert!(printed.contains("1 passed"), "there is no test called {test}: {printed}");
    }
}
