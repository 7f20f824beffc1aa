//! How long networks take, executed: end to end, node by node, and beside what the machine itself reaches.
//!
//! Measuring, summarizing and showing are apart: [`sample`] takes raw samples, which are kept; [`statistics`] says what they
//! come to; `report` shows it. [`run`] measures everything in one process and in turns: whatever slows the machine for a while
//! slows every case alike, and the roofs ([`peak`]) are those of the same moment.

use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::analyze::roofline::Roofline;
use crate::graph::Graph;
use crate::run::{RunError, Target, Weights, forward};
use crate::shape::ElementType;
use crate::subject::Subject;

pub mod caveat;
pub mod compare;
mod error;
pub mod machine;
pub mod peak;
pub mod profile;
pub mod sample;
pub mod statistics;

pub use caveat::Caveat;
pub use error::BenchError;
pub use machine::Machine;
pub use peak::Peak;
pub use profile::Profile;
pub use sample::{Effort, Samples, Warmup};
pub use statistics::Summary;

/// What is measured, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where.
    pub target: Target,
    /// With so many threads, one after the other; on a GPU there are none to choose.
    pub threads: Vec<usize>,
    /// How samples are taken.
    pub effort: Effort,
    /// Whether each node is measured too.
    pub profile: bool,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Bench {
    /// On this machine.
    pub machine: Machine,
    /// On this device.
    pub target: Target,
    /// In this type.
    pub element: ElementType,
    /// How samples were taken.
    pub effort: Effort,
    /// What the machine reaches, by threads.
    pub peaks: Vec<Peak>,
    /// Every network with every number of threads.
    pub cases: Vec<Case>,
    /// What is to be said of the whole.
    pub caveats: Vec<Caveat>,
}

/// One network with one number of threads.
#[derive(Clone, Debug)]
pub struct Case {
    /// Which of the networks.
    pub subject: usize,
    /// Threads; `None` on a GPU.
    pub threads: Option<usize>,
    /// As they were taken.
    pub samples: Samples,
    /// What they come to, in seconds for a pass.
    pub summary: Summary,
    /// What each node takes, if that was asked.
    pub profile: Option<Profile>,
    /// What is to be said of it.
    pub caveats: Vec<Caveat>,
}

/// How far a measurement has come.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// The roofs with so many threads.
    Peak(Option<usize>),
    /// A case: its number, of how many, how many samples there are of it, and half of the interval's width as a part of the
    /// median, once there is one.
    Sample {
        /// The network.
        subject: usize,
        /// Samples so far.
        count: usize,
        /// Infinite while it is not known.
        precision: f64,
    },
    /// The nodes of a network.
    Profile(usize),
}

/// Passes of a profile, at the most and at the least.
const PROFILE_PASSES: (usize, usize) = (3, 30);

impl Bench {
    /// What the machine reaches with the threads of a case.
    pub fn peak(&self, case: &Case) -> &Peak {
        let peak = self.peaks.iter().find(|peak| peak.threads == case.threads);
        peak.expect("the roofs are measured with the threads of every case")
    }

    /// The roofs of a case's network: what each node takes at best.
    pub fn roofline(&self, case: &Case, subject: &Subject) -> Roofline {
        let device = self.peak(case).device();
        let roofline = Roofline::new(device, &subject.network.graph, &subject.analysis, self.element);
        roofline.expect("what is measured has a peak for every type")
    }
}

/// Measures networks, all of one element type, each at the batch that it is analyzed with.
pub fn run(
    subjects: &[Subject],
    settings: &Settings,
    device: &Device,
    mut progress: impl FnMut(Progress),
) -> Result<Bench, BenchError> {
    let element = subjects.first().map_or(ElementType::F32, |subject| subject.element);
    let machine = Machine::here(settings.target);
    let dtype = dtype(element).ok_or(BenchError::Element(element))?;
    let networks = prepare(subjects, &machine, device, dtype, settings.effort.seed)?;
    let teams = teams(settings)?;

    let mut peaks = vec![];
    measure_peaks(&mut peaks, &teams, &machine, device, dtype, settings.effort, &mut progress)?;
    let pairs: Vec<(&Network, &Team)> =
        networks.iter().flat_map(|network| teams.iter().map(move |team| (network, team))).collect();
    let samples = sample::interleaved(
        pairs.len(),
        settings.effort,
        |case, passes| {
            let (network, team) = pairs[case];
            team.run(|| time_passes(network, device, passes))
        },
        |case, sampling| {
            let (subject, count) = (pairs[case].0.subject, sampling.count());
            progress(Progress::Sample { subject, count, precision: sampling.precision() });
        },
    )?;
    let mut cases = vec![];
    for ((network, team), samples) in pairs.into_iter().zip(samples) {
        let profile = if settings.profile {
            progress(Progress::Profile(network.subject));
            Some(team.run(|| profiled(network, device, settings.effort.max_time / 2))?)
        } else {
            None
        };
        cases.push(case(network.subject, team.threads, samples, profile, settings.effort, machine.parts));
    }
    // Once more: the better counts.
    measure_peaks(&mut peaks, &teams, &machine, device, dtype, settings.effort, &mut progress)?;
    let (target, effort) = (settings.target, settings.effort);
    Ok(Bench { caveats: caveat::of_machine(&machine), machine, target, element, effort, peaks, cases })
}

/// What samples say.
///
/// `parts` is into how many parts candle cuts a matrix product.
pub fn case(
    subject: usize,
    threads: Option<usize>,
    samples: Samples,
    profile: Option<Profile>,
    effort: Effort,
    parts: usize,
) -> Case {
    let summary = Summary::of(&samples.seconds, effort.seed);
    let mut caveats = caveat::of(&samples, &summary, effort, clock().0);
    if let Some(threads) = threads.filter(|&threads| !parts.is_multiple_of(threads)) {
        caveats.push(Caveat::UnevenThreads { threads, parts });
    }
    Case { subject, threads, samples, summary, profile, caveats }
}

/// candle's type, if it computes in it.
pub fn dtype(element: ElementType) -> Option<DType> {
    match element {
        ElementType::F32 => Some(DType::F32),
        ElementType::F16 => Some(DType::F16),
        ElementType::Bf16 => Some(DType::BF16),
        ElementType::I8 => None,
    }
}

/// A network that is ready to be executed.
struct Network<'s> {
    subject: usize,
    graph: &'s Graph,
    weights: Weights,
    inputs: Vec<Tensor>,
}

/// Threads of a number of their own. candle's work is rayon's, which goes to the pool that it is called in.
struct Team {
    threads: Option<usize>,
    pool: Option<rayon::ThreadPool>,
}

impl Team {
    fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

fn teams(settings: &Settings) -> Result<Vec<Team>, BenchError> {
    if let Target::Cuda(_) = settings.target {
        // A GPU's stream belongs to the thread that opened it.
        return Ok(vec![Team { threads: None, pool: None }]);
    }
    let team = |&threads: &usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| BenchError::Threads { threads, why: error.to_string() })?;
        Ok(Team { threads: Some(threads), pool: Some(pool) })
    };
    settings.threads.iter().map(team).collect()
}

/// Weights and inputs of every network; the same network at another batch has the same weights.
fn prepare<'s>(
    subjects: &'s [Subject],
    machine: &Machine,
    device: &Device,
    dtype: DType,
    seed: u64,
) -> Result<Vec<Network<'s>>, BenchError> {
    let is_same = |a: &Subject, b: &Subject| (&a.source, &a.variant) == (&b.source, &b.variant);
    let owner = |index: usize| subjects.iter().position(|other| is_same(other, &subjects[index]));
    if let Device::Cpu = device {
        // Neither inputs nor what a convolution works with are in it: there must be more room than this.
        let own = (0..subjects.len()).filter(|&index| owner(index) == Some(index));
        let weights = own.fold(0u128, |sum, index| sum.saturating_add(subjects[index].weight_bytes()));
        let peak = subjects.iter().map(Subject::peak_bytes).max().unwrap_or(0);
        let (needed, available) = (weights.saturating_add(peak), machine.available_bytes.unwrap_or(64 << 30));
        if needed > available.into() {
            return Err(BenchError::Memory { needed, available });
        }
    }
    let mut networks: Vec<Network> = vec![];
    for (index, subject) in subjects.iter().enumerate() {
        let graph = &subject.network.graph;
        let weights = match owner(index).and_then(|owner| networks.get(owner)) {
            Some(same) => same.weights.clone(),
            None => Weights::fresh(graph, seed, device, dtype)?,
        };
        let inputs = inputs(graph, subject.analysis.batch, device, dtype, seed)?;
        networks.push(Network { subject: index, graph, weights, inputs });
    }
    Ok(networks)
}

/// Numbers from 0 to 1, such as pixels are; where an index is wanted, they are the first.
fn inputs(
    graph: &Graph,
    batch: u64,
    device: &Device,
    dtype: DType,
    seed: u64,
) -> candle_core::Result<Vec<Tensor>> {
    let mut random = StdRng::seed_from_u64(seed);
    let input = |shape: &crate::shape::Shape| {
        let sizes = std::iter::once(&batch).chain(shape.dims());
        let dims: Vec<usize> = sizes.map(|&size| usize::try_from(size).unwrap_or(usize::MAX)).collect();
        let count = dims.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
        let count = count.ok_or_else(|| candle_core::Error::Msg("an input is too large".to_owned()))?;
        let values: Vec<f32> = (0..count).map(|_| random.random()).collect();
        Tensor::from_vec(values, dims, &Device::Cpu)?.to_dtype(dtype)?.to_device(device)
    };
    graph.network_inputs().map(|(_, node)| &node.shape).map(input).collect()
}

/// The roofs with each team; where there are some, the better ones.
fn measure_peaks(
    peaks: &mut Vec<Peak>,
    teams: &[Team],
    machine: &Machine,
    device: &Device,
    dtype: DType,
    effort: Effort,
    progress: &mut impl FnMut(Progress),
) -> Result<(), BenchError> {
    let budget = (effort.max_time / 20).clamp(Duration::from_millis(10), Duration::from_millis(300));
    for (index, team) in teams.iter().enumerate() {
        progress(Progress::Peak(team.threads));
        let cache = machine.largest_cache();
        let peak = team.run(|| peak::measure(device, dtype, team.threads, cache, budget))?;
        match peaks.get_mut(index) {
            Some(before) => *before = before.best(peak),
            None => peaks.push(peak),
        }
    }
    Ok(())
}

/// What so many passes take together.
fn time_passes(network: &Network, device: &Device, passes: usize) -> Result<f64, BenchError> {
    time(device, || {
        for _ in 0..passes {
            forward(network.graph, network.inputs.clone(), &network.weights, |_, _| ())?;
        }
        Ok(())
    })
}

/// What some work takes, with all that it leaves to the device.
fn time<E: From<candle_core::Error>>(
    device: &Device,
    work: impl FnOnce() -> Result<(), E>,
) -> Result<f64, E> {
    device.synchronize()?;
    let start = Instant::now();
    work()?;
    device.synchronize()?;
    Ok(start.elapsed().as_secs_f64())
}

/// What each node takes: as many passes as go into the time, if that is neither few nor many. The first warms up.
fn profiled(network: &Network, device: &Device, most: Duration) -> Result<Profile, RunError> {
    let (start, clock) = (Instant::now(), clock().1);
    let mut passes = vec![];
    while passes.len() <= PROFILE_PASSES.0 || (passes.len() <= PROFILE_PASSES.1 && start.elapsed() < most) {
        passes.push(profile::pass(network.graph, device, clock, |read| {
            let inputs = network.inputs.clone();
            forward(network.graph, inputs, &network.weights, |id, _| read(id.index())).map(drop)
        })?);
    }
    Ok(Profile::of(network.graph, &passes[1..]))
}

/// The smallest step of the clock that shows, and what reading it takes.
fn clock() -> (f64, f64) {
    const READINGS: u32 = 1000;
    let start = Instant::now();
    let mut step = f64::INFINITY;
    for _ in 0..READINGS {
        let reading = Instant::now().elapsed().as_secs_f64();
        if reading > 0.0 {
            step = step.min(reading);
        }
    }
    // Each turn reads twice.
    (step, start.elapsed().as_secs_f64() / f64::from(2 * READINGS))
}
