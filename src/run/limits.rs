//! What the limits of this process leave to it (`ulimit -v`, `ulimit -d`): an allocation beyond them ends it, however much the
//! machine has to spare. Format: `proc_pid_limits(5)`, `proc_pid_status(5)`.

use std::fs::read_to_string;
use std::path::Path;

/// Limits, and what is held against them.
const LIMITS: [(&str, &str); 2] = [("Max address space", "VmSize:"), ("Max data size", "VmData:")];

/// What is taken of the address space beside what is asked for: an allocator takes it by whole blocks, and what small blocks
/// leave free between them is of no use to large ones.
const MARGIN: u64 = 32 << 20;

/// Bytes that may yet be taken before this process is at one of its limits; `root` is the root of the file system.
pub(super) fn free(root: &Path) -> Option<u64> {
    let [limits, status] =
        ["proc/self/limits", "proc/self/status"].map(|file| read_to_string(root.join(file)).ok());
    let (limits, status) = (limits?, status?);
    let free = |(limit, taken): (&str, &str)| {
        let limit = number(&limits, limit)?;
        let taken = number(&status, taken)?.saturating_mul(1024);
        Some(limit.saturating_sub(taken).saturating_sub(MARGIN))
    };
    LIMITS.into_iter().filter_map(free).min()
}

/// The first word behind a name, if it is a number.
fn number(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_tightest_limit_counts() {
        let with = |space: &str, data: &str| {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir_all(root.path().join("proc/self")).unwrap();
            let limits = format!(
                "Limit                     Soft Limit           Hard Limit           Units     \n\
                 Max data size             {data:<20} unlimited            bytes     \n\
                 Max address space         {space:<20} unlimited            bytes     \n"
            );
            fs::write(root.path().join("proc/self/limits"), limits).unwrap();
            fs::write(
                root.path().join("proc/self/status"),
                "VmPeak:\t 9 kB\nVmSize:\t 3000 kB\nVmData:\t 1000 kB\n",
            )
            .unwrap();
            free(root.path())
        };
        let bytes = |kilobytes: u64| (kilobytes * 1024 + MARGIN).to_string();
        assert_eq!(with("unlimited", "unlimited"), None);
        assert_eq!(with(&bytes(8000), "unlimited"), Some(5000 * 1024));
        assert_eq!(with(&bytes(8000), &bytes(2000)), Some(1000 * 1024));
        assert_eq!(with("1024", "unlimited"), Some(0));
        assert_eq!(free(tempfile::tempdir().unwrap().path()), None);
    }
}
