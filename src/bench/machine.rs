//! What a measurement was made on, as far as the system tells.

use std::fs::read_to_string;
use std::process::Command;

use candle_core::{Device, DeviceLocation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::text;
use crate::text::Text;

/// The version of candle that networks are executed with.
pub const CANDLE: &str = "0.11.1";

/// A machine, and its state when it was looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The processor, as it calls itself.
    pub cpu: Option<String>,
    /// Cores.
    pub cores: usize,
    /// What the system runs at once: more than there are cores where each of these takes turns at several threads.
    #[serde(rename = "logical_cores")]
    pub logical: usize,
    /// The caches that the first core uses.
    pub caches: Vec<Cache>,
    /// The vector and matrix instructions it has, of those that matter here.
    pub instruction_sets: Vec<String>,
    /// Bytes of memory.
    pub memory_bytes: Option<u64>,
    /// The system and the kind of processor: `linux x86_64`.
    pub system: String,
    /// The graphics processor, if that is what is measured.
    pub gpu: Option<Gpu>,
    /// Processes that ran or wanted to, on average over the last minute.
    pub load: Option<f64>,
    /// Whether this program is optimized.
    #[serde(rename = "optimized")]
    pub is_optimized: bool,
}

/// A cache of a core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cache {
    /// From 1, the nearest.
    pub level: u32,
    /// `Data`, `Instruction` or `Unified`.
    pub kind: String,
    /// Bytes.
    pub bytes: u64,
}

/// A graphics processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gpu {
    /// What it calls itself.
    pub name: String,
    /// The version of its driver.
    pub driver: String,
}

/// Instruction sets that matrix products are written for, as Linux calls them.
const INSTRUCTION_SETS: [&str; 22] = [
    "sse4_2",
    "avx",
    "f16c",
    "fma",
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512bw",
    "avx512vl",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_tile",
    "amx_bf16",
    "amx_int8",
    "asimd",
    "asimdhp",
    "asimddp",
    "bf16",
    "i8mm",
    "sve",
    "sve2",
];

impl Machine {
    /// The machine this runs on, with the device that is measured.
    pub fn here(device: &Device) -> Self {
        let what = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(what);
        let logical = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let brand = system.cpus().first().map(|cpu| cpu.brand().trim().to_owned());
        Self {
            cpu: brand.filter(|brand| !brand.is_empty()),
            cores: System::physical_core_count().filter(|&cores| cores > 0).unwrap_or(logical),
            logical,
            caches: caches(),
            instruction_sets: instruction_sets(&read_to_string("/proc/cpuinfo").unwrap_or_default()),
            memory_bytes: Some(system.total_memory()).filter(|&bytes| bytes > 0),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            gpu: match device.location() {
                DeviceLocation::Cuda { gpu_id } => gpu(gpu_id),
                DeviceLocation::Cpu | DeviceLocation::Metal { .. } => None,
            },
            // Windows keeps no such average.
            load: (cfg!(unix) && sysinfo::IS_SUPPORTED_SYSTEM).then(|| System::load_average().one),
            is_optimized: !cfg!(debug_assertions),
        }
    }

    /// Bytes of the largest cache.
    pub fn largest_cache(&self) -> u64 {
        self.caches.iter().map(|cache| cache.bytes).max().unwrap_or(0)
    }

    /// What sets it apart from another, which was there before, if anything does that times depend on.
    pub fn difference(&self, before: &Self) -> Option<Text> {
        let gpu = |machine: &Self| machine.gpu.as_ref().map(|gpu| gpu.name.clone());
        let named = |name: Option<String>| name.unwrap_or_else(|| "?".to_owned());
        let (before, now) = if gpu(self) != gpu(before) {
            (named(gpu(before)), named(gpu(self)))
        } else if self.cpu != before.cpu {
            (named(before.cpu.clone()), named(self.cpu.clone()))
        } else if self.cores != before.cores {
            let (cores, now) = (before.cores, self.cores);
            return Some(text!("{cores} cores then, {now} now", "当时 {cores} 个核心,现在 {now} 个"));
        } else {
            return None;
        };
        Some(text!("{before} then, {now} now", "当时为 {before},现在为 {now}"))
    }
}

/// What stands behind the first `name:`.
fn entry(text: &str, name: &str) -> Option<String> {
    let mut entries = text.lines().filter_map(|line| line.split_once(':'));
    entries.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
}

fn instruction_sets(cpuinfo: &str) -> Vec<String> {
    let flags = entry(cpuinfo, "flags").or_else(|| entry(cpuinfo, "Features")).unwrap_or_default();
    let has = |set: &&str| flags.split(' ').any(|flag| flag == *set);
    INSTRUCTION_SETS.into_iter().filter(has).map(str::to_owned).collect()
}

fn caches() -> Vec<Cache> {
    let read = |index: usize, name: &str| {
        let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{name}");
        read_to_string(path).ok().map(|text| text.trim().to_owned())
    };
    let cache = |index| {
        Some(Cache {
            level: read(index, "level")?.parse().ok()?,
            kind: read(index, "type")?,
            bytes: cache_bytes(&read(index, "size")?)?,
        })
    };
    (0..).map_while(cache).collect()
}

/// `32768K`, `96M`.
fn cache_bytes(size: &str) -> Option<u64> {
    let (digits, factor) = match (size.strip_suffix('K'), size.strip_suffix('M')) {
        (Some(digits), _) => (digits, 1 << 10),
        (None, Some(digits)) => (digits, 1 << 20),
        (None, None) => (size, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// As NVIDIA's own program has it, which comes with the driver.
fn gpu(number: usize) -> Option<Gpu> {
    let query = ["--query-gpu=name,driver_version", "--format=csv,noheader", "-i"];
    let output = Command::new("nvidia-smi").args(query).arg(number.to_string()).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    let (name, driver) = line.trim().split_once(", ")?;
    Some(Gpu { name: name.to_owned(), driver: driver.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPUINFO: &str = "processor\t: 0\nmodel name\t: A CPU @ 2.0 GHz\nflags\t\t: fpu avx2 fma avx512f avx512_vnni\n\n\
                           processor\t: 1\nflags\t\t: fpu avx2\n\n";

    #[test]
    fn what_linux_tells_is_read() {
        assert_eq!(entry(CPUINFO, "model name").as_deref(), Some("A CPU @ 2.0 GHz"));
        assert_eq!(instruction_sets(CPUINFO), ["fma", "avx2", "avx512f", "avx512_vnni"]);
        assert_eq!(
            ["48K", "96M", "512", "x"].map(cache_bytes),
            [Some(49152), Some(96 << 20), Some(512), None]
        );
        assert_eq!(entry("", "model name"), None);
    }

    #[test]
    fn machines_differ_by_what_times_depend_on() {
        let machine = Machine { cpu: Some("A".to_owned()), cores: 4, ..Machine::default() };
        let before = |cpu: &str, cores, gpu: Option<&str>| {
            let gpu = gpu.map(|name| Gpu { name: name.to_owned(), driver: String::new() });
            let before =
                Machine { cpu: Some(cpu.to_owned()), cores, gpu, load: Some(9.0), ..Machine::default() };
            machine.difference(&before).map(|text| text.english)
        };
        assert_eq!(before("A", 4, None), None);
        assert_eq!(before("B", 4, None).unwrap(), "B then, A now");
        assert_eq!(before("A", 8, None).unwrap(), "8 cores then, 4 now");
        assert_eq!(before("A", 4, Some("H200")).unwrap(), "H200 then, ? now");
    }

    /// The version stands in the lockfile.
    #[test]
    fn the_version_of_candle_is_that_of_the_lockfile() {
        let lock = include_str!("../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"candle-core\"\nversion = \"{CANDLE}\"\n")));
    }
}
