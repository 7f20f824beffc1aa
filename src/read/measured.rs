//! What `bench --format json` has written, as far as charts show it: the roofs of a machine, and what each layer took.

use serde::Deserialize;

use crate::error::ReadError;
use crate::text;
use crate::text::{Text, printable};

/// A measurement.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Measurements {
    /// `cpu`, or `cuda:` and the number of the device.
    pub device: String,
    /// The type of the numbers.
    pub dtype: String,
    /// What the machine reaches, by threads; one at least for every result.
    pub peaks: Vec<Peak>,
    /// Every network at every batch with every number of threads.
    pub results: Vec<Measured>,
}

/// What a machine reaches.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Peak {
    /// With so many threads; nothing on a GPU.
    pub threads: Option<usize>,
    /// Of a matrix product.
    pub flops_per_second: f64,
    /// Read and written by a copy.
    pub bytes_per_second: f64,
}

/// A network as it was measured.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Measured {
    /// What it is called.
    pub network: String,
    /// Samples of one forward pass.
    pub batch: u64,
    /// Threads; nothing on a GPU.
    pub threads: Option<usize>,
    /// Every node, in the order of execution, if these were measured.
    #[serde(default, rename = "profile", deserialize_with = "layers")]
    pub layers: Option<Vec<Layer>>,
}

/// A node as it was measured.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Layer {
    /// Its path.
    pub path: String,
    /// Its operator.
    pub op: String,
    /// Multiply–accumulates.
    pub macs: u128,
    /// What it takes.
    pub seconds: f64,
}

/// The name and version of the form.
const FORM: &str = "cnncost/bench/1";

/// What stands in a file beside it.
#[derive(Deserialize)]
struct Head {
    schema: Option<String>,
}

#[derive(Deserialize)]
struct Profile {
    nodes: Vec<Layer>,
}

fn layers<'d, D: serde::Deserializer<'d>>(data: D) -> Result<Option<Vec<Layer>>, D::Error> {
    Ok(Option::<Profile>::deserialize(data)?.map(|profile| profile.nodes))
}

/// Reads what `bench --format json` has written; `name` is that of the file.
///
/// ```
/// let text = r#"{
///   "schema": "cnncost/bench/1", "device": "cpu", "dtype": "f32",
///   "peaks": [{ "threads": 1, "flops_per_second": 1e11, "bytes_per_second": 2e10 }],
///   "results": [{ "network": "lenet5", "batch": 1, "threads": 1 }]
/// }"#;
/// let measurements = cnncost::read::measured::parse("lenet5.json", text)?;
/// assert_eq!(measurements.results[0].layers, None);
/// # Ok::<(), cnncost::error::ReadError>(())
/// ```
///
/// # Errors
/// If it is something else, or says what cannot be.
pub fn parse(name: &str, text: &str) -> Result<Measurements, ReadError> {
    let unreadable = |why| {
        let help = text!(
            "write one with `cnncost bench … --profile --format json -o bench.json`",
            "请用 `cnncost bench … --profile --format json -o bench.json` 生成"
        );
        ReadError::Unreadable { name: name.to_owned(), why, help: Some(help) }
    };
    let no_bench = |error: serde_json::Error| {
        let error = printable(&error.to_string());
        unreadable(text!("it is no measurement of cnncost's: {error}", "这不是 cnncost 的测量结果:{error}"))
    };
    let head: Head = serde_json::from_str(text).map_err(no_bench)?;
    if let Some(form) = head.schema.filter(|form| form != FORM) {
        let form = printable(&form);
        return Err(unreadable(text!(
            "it is `{form}`, and a measurement is `{FORM}`",
            "它是 `{form}`,而测量结果应为 `{FORM}`"
        )));
    }
    let measurements: Measurements = serde_json::from_str(text).map_err(no_bench)?;
    measurements.check().map_err(unreadable)?;
    Ok(measurements)
}

impl Measurements {
    /// What the machine reached with the threads of a result.
    ///
    /// # Panics
    /// If it is of another measurement.
    pub fn peak(&self, measured: &Measured) -> &Peak {
        let peak = self.peaks.iter().find(|peak| peak.threads == measured.threads);
        peak.expect("it was made sure of when it was read")
    }

    /// Whether all of it can be.
    fn check(&self) -> Result<(), Text> {
        let is_rate = |rate: f64| rate > 0.0 && rate.is_finite();
        for Peak { flops_per_second, bytes_per_second, .. } in &self.peaks {
            if !is_rate(*flops_per_second) || !is_rate(*bytes_per_second) {
                return Err(text!("what the machine reaches is not above 0 in it", "其中机器的峰值不大于 0"));
            }
        }
        for Measured { network, threads, layers, .. } in &self.results {
            let network = printable(network);
            if !self.peaks.iter().any(|peak| peak.threads == *threads) {
                return Err(text!(
                    "it does not say what the machine reaches with the threads of `{network}`",
                    "其中没有 `{network}` 所用线程数的机器峰值"
                ));
            }
            let is_time = |seconds: f64| seconds >= 0.0 && seconds.is_finite();
            let broken = layers.iter().flatten().find(|layer| !is_time(layer.seconds));
            if let Some(Layer { path, .. }) = broken {
                let path = printable(path);
                return Err(text!("`{path}` takes less than nothing in it", "其中 `{path}` 的时间小于 0"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(peaks: &str, results: &str) -> Result<Measurements, String> {
        let text = format!(
            r#"{{ "schema": "{FORM}", "device": "cpu", "dtype": "f32", "peaks": [{peaks}], "results": [{results}] }}"#
        );
        parse("b.json", &text).map_err(|error| error.to_string())
    }

    const PEAK: &str = r#"{ "threads": 2, "flops_per_second": 1e11, "bytes_per_second": 1e10 }"#;

    #[test]
    fn layers_are_read_with_their_times() {
        let macs = u128::MAX;
        let layer = format!(r#"{{ "path": "a", "op": "relu", "macs": {macs}, "seconds": 0 }}"#);
        let result =
            format!(r#"{{ "network": "n", "batch": 1, "threads": 2, "profile": {{ "nodes": [{layer}] }} }}"#);
        let read = with(PEAK, &result).unwrap();
        let layers = read.results[0].layers.as_ref().unwrap();
        assert_eq!((layers[0].macs, layers[0].seconds.to_bits()), (macs, 0));
        assert_eq!(read.peak(&read.results[0]), &read.peaks[0]);
    }

    #[test]
    fn what_is_no_measurement_is_refused() {
        let result = |threads: &str, seconds: &str| {
            format!(
                r#"{{ "network": "n\u001b", "batch": 1, "threads": {threads},
                    "profile": {{ "nodes": [{{ "path": "a", "op": "relu", "macs": 1, "seconds": {seconds} }}] }} }}"#
            )
        };
        for (peaks, results, why) in [
            (PEAK, result("2", "-1"), "`a` takes less than nothing"),
            (PEAK, result("2", "1e999"), "no measurement"),
            (PEAK, result("3", "1"), "with the threads of `n\\u{1b}`"),
            (&PEAK.replace("1e10", "0"), result("2", "1"), "not above 0"),
        ] {
            let said = with(peaks, &results).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        let why = |text: &str| parse("b.json", text).unwrap_err().to_string();
        assert!(why("{").contains("no measurement"));
        assert!(why("[1]").contains("no measurement"));
        assert!(why(r#"{ "schema": "cnncost/analysis/1" }"#).contains("it is `cnncost/analysis/1`"));
        assert!(why(&"[".repeat(100_000)).contains("no measurement"));
    }
}
