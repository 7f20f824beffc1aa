//! What Linux's control groups leave to this process: where there is a limit, as in a container, crossing it is death, however
//! much the machine has to spare.
//!
//! Formats: <https://docs.kernel.org/admin-guide/cgroup-v2.html>, <https://docs.kernel.org/admin-guide/cgroup-v1/memory.html>,
//! and `proc_pid_mountinfo(5)`. Libraries that read them look at the mount's root only, or count caches as taken.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// The files of a version: the limit, what is used, and the caches of files within that, which go before anything dies.
struct Version {
    limit: &'static str,
    usage: &'static str,
    caches: [&'static str; 2],
}

const V1: Version = Version {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    caches: ["total_inactive_file", "total_active_file"],
};

const V2: Version =
    Version { limit: "memory.max", usage: "memory.current", caches: ["inactive_file", "active_file"] };

/// Bytes that may yet be taken before this process' group, or one that this is in, is at its limit. `root` is the root of the
/// file system.
pub(super) fn free(root: &Path) -> Option<u64> {
    let [groups, mounts] =
        ["proc/self/cgroup", "proc/self/mountinfo"].map(|file| read_to_string(root.join(file)).ok());
    let (groups, mounts) = (groups?, mounts?);
    let free = mounts.lines().filter_map(Mount::parse).filter_map(|mount| {
        let group = mount.group(&groups)?;
        let ancestors = group.ancestors().take_while(|group| group.starts_with(mount.point));
        ancestors.filter_map(|group| mount.version.free(&root.join(group.strip_prefix("/").ok()?))).min()
    });
    free.min()
}

/// Where groups that limit memory are mounted.
struct Mount<'a> {
    version: Version,
    /// The group that is mounted, which in a container may be another than the topmost.
    group: &'a str,
    /// Where it is mounted.
    point: &'a str,
}

impl<'a> Mount<'a> {
    /// Of `32 31 0:29 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory`.
    fn parse(line: &'a str) -> Option<Self> {
        let (mount, system) = line.split_once(" - ")?;
        let (mut mount, mut system) = (mount.split(' ').skip(3), system.split(' '));
        let version = match (system.next()?, system.nth(1)?) {
            ("cgroup2", _) => V2,
            ("cgroup", options) if options.split(',').any(|option| option == "memory") => V1,
            _ => return None,
        };
        Some(Self { version, group: mount.next()?, point: mount.next()? })
    }

    /// The folder of this process' group; `groups` has lines like `4:memory:/outer/inner`, and `0::/outer` for version 2.
    fn group(&self, groups: &str) -> Option<PathBuf> {
        let own = groups.lines().find_map(|line| {
            let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
            let wanted = if self.version.limit == V2.limit { "" } else { "memory" };
            controllers.split(',').any(|controller| controller == wanted).then_some(path)
        })?;
        // What is outside of what is mounted is out of sight; the mounted group is then all that is known.
        let inside = Path::new(own).strip_prefix(self.group).ok().filter(|inside| !inside.starts_with(".."));
        Some(Path::new(self.point).join(inside.unwrap_or(Path::new(""))))
    }
}

impl Version {
    /// Of the group in a folder; `None` where it has no limit.
    fn free(&self, group: &Path) -> Option<u64> {
        let number = |file: &str| read_to_string(group.join(file)).ok()?.trim().parse::<u64>().ok();
        let (limit, usage) = (number(self.limit)?, number(self.usage)?);
        let statistics = read_to_string(group.join("memory.stat")).unwrap_or_default();
        let entry = |name: &str| {
            let mut entries = statistics.lines().filter_map(|line| line.split_once(' '));
            entries.find(|(key, _)| *key == name).and_then(|(_, value)| value.parse::<u64>().ok())
        };
        let caches = self.caches.into_iter().filter_map(entry).fold(0, u64::saturating_add);
        Some(limit.saturating_sub(usage.saturating_sub(caches)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A file system with these files.
    fn files(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const MOUNT_V2: &str = "22 1 8:1 / / rw - ext4 /dev/sda rw\n30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn of_nested_groups_the_tightest_counts_and_caches_are_free() {
        let mut all = vec![
            ("proc/self/cgroup", "0::/user.slice/run.scope\n"),
            ("proc/self/mountinfo", MOUNT_V2),
            ("sys/fs/cgroup/memory.stat", "anon 5\n"),
            ("sys/fs/cgroup/user.slice/memory.max", "3000\n"),
            ("sys/fs/cgroup/user.slice/memory.current", "2900\n"),
            (
                "sys/fs/cgroup/user.slice/memory.stat",
                "anon 900\nfile 2000\nactive_file 500\ninactive_file 1400\n",
            ),
            ("sys/fs/cgroup/user.slice/run.scope/memory.max", "max\n"),
            ("sys/fs/cgroup/user.slice/run.scope/memory.current", "7\n"),
        ];
        assert_eq!(free(files(&all).path()), Some(2000));
        all[6].1 = "1500";
        assert_eq!(free(files(&all).path()), Some(1493));
        // More is used than a lowered limit allows.
        all[6].1 = "5";
        assert_eq!(free(files(&all).path()), Some(0));
    }

    #[test]
    fn a_container_sees_its_group_where_the_topmost_would_be() {
        let with = |group: &str, mounted: &str| {
            let mount = format!("31 30 0:27 {mounted} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
            let root = files(&[
                ("proc/self/cgroup", &format!("5:cpu,cpuacct:/else\n4:memory:{group}\n0::/else\n")),
                ("proc/self/mountinfo", &mount),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000\n"),
                ("sys/fs/cgroup/memory/memory.usage_in_bytes", "600\n"),
                (
                    "sys/fs/cgroup/memory/memory.stat",
                    "inactive_file 1\ntotal_inactive_file 100\ntotal_active_file 50\n",
                ),
                ("sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "9223372036854771712\n"),
                ("sys/fs/cgroup/memory/inner/memory.usage_in_bytes", "300\n"),
            ]);
            free(root.path())
        };
        // Its own group is mounted; one inside of it; with a namespace; one beside what is mounted.
        for (group, mounted) in [
            ("/docker/1", "/docker/1"),
            ("/docker/1/inner", "/docker/1"),
            ("/", "/"),
            ("/../2", "/"),
            ("/gone", "/"),
        ] {
            assert_eq!(with(group, mounted), Some(550), "{group}");
        }
    }

    #[test]
    fn without_groups_or_limits_there_is_none() {
        assert_eq!(free(files(&[]).path()), None);
        let unlimited = [
            ("proc/self/cgroup", "0::/\nodd\n:\n"),
            ("proc/self/mountinfo", MOUNT_V2),
            ("sys/fs/cgroup/memory.max", "max"),
            ("sys/fs/cgroup/memory.current", "10"),
        ];
        assert_eq!(free(files(&unlimited).path()), None);
    }
}
