//! How long networks take, executed: end to end, node by node, and beside what the machine itself reaches.
//!
//! Measuring, summarizing and showing are apart: [`sample`] takes raw samples, which are kept; [`statistics`] says what they
//! come to; `report` shows it. [`run`] measures everything in turns: whatever slows the machine for a while
//! slows every case alike, and the roofs ([`peak`]) are those of the same moment.
//!
//! ```
//! use cnncost::bench::{Effort, Summary, sample};
//!
//! // Two cases of which a pass takes 50 ms and 20 ms: nothing is really executed here.
//! let take = |case: usize, passes: usize| Ok::<_, ()>(passes as f64 * [0.050, 0.020][case]);
//! let samples = sample::interleaved(2, Effort::default(), take, |_, _| ()).unwrap();
//! let summary = Summary::of(&samples[1].seconds, 0);
//! assert!(summary.count >= 50 && summary.interval.contains(0.020));
//! ```

use std::process::Command;
use std::time::{Duration, Instant};

use candle_core::{DType, Device, DeviceLocation};

use crate::analyze::Analysis;
use crate::analyze::roofline::Roofline;
use crate::plan::deployed;
use crate::run::memory::Needs;
use crate::run::{Engine, RunError, Weights, dtype, start_threads};
use crate::shape::ElementType;
use crate::subject::Subject;
use crate::text;

pub mod baseline;
pub mod caveat;
pub mod compare;
mod error;
#[cfg(feature = "cuda")]
mod gpu;
pub mod machine;
pub mod peak;
pub mod profile;
pub mod sample;
pub mod statistics;
mod timestamps;
mod worker;

pub use caveat::Caveat;
pub use error::BenchError;
pub use machine::Machine;
pub use peak::MeasuredPeak;
pub use profile::Profile;
pub use sample::{Effort, Samples, Warmup};
pub use statistics::Summary;
pub use worker::{is_set, requests, serve, set_threads};

use worker::{Here, Worker};

/// What is measured, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// With these kernels.
    pub engine: Engine,
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
    /// On this device: `cpu`, or `cuda:` and its number.
    pub device: String,
    /// With these kernels.
    pub engine: Engine,
    /// In this type.
    pub element: ElementType,
    /// How samples were taken.
    pub effort: Effort,
    /// What the machine reaches, by threads.
    pub peaks: Vec<MeasuredPeak>,
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

impl Bench {
    /// What the machine reaches with the threads of a case.
    pub fn peak(&self, case: &Case) -> &MeasuredPeak {
        let peak = self.peaks.iter().find(|peak| peak.threads == case.threads);
        peak.expect("the roofs are measured with the threads of every case")
    }

    /// What a network costs as it was executed: node by node, or as the engine's plan has it.
    pub fn executed(&self, subject: &Subject) -> Analysis {
        let of_plan = match self.engine {
            Engine::Native(settings) => deployed(subject.graph(), &settings.plan(subject.graph())).ok(),
            Engine::Candle => None,
        };
        // What fits as a graph fits as it is executed.
        let at_batch = of_plan.and_then(|analysis| analysis.at(subject.batch()).ok());
        at_batch.unwrap_or_else(|| subject.analysis.clone())
    }

    /// The roofs of a case's network, [as it was executed](Self::executed): what each node takes at best.
    pub fn roofline(&self, case: &Case, subject: &Subject, executed: &Analysis) -> Roofline {
        let device = self.peak(case).device();
        let roofline = Roofline::new(device, subject.graph(), executed, self.element);
        roofline.expect("what is measured has a peak for every type")
    }
}

/// Measures networks, all of one element type, each at the batch that it is analyzed with.
///
/// `program` starts one that [`serve`]s the same networks, with a number of threads. Without it this process measures, if it
/// has that many.
pub fn run(
    subjects: &[Subject],
    settings: &Settings,
    device: &Device,
    program: Option<&dyn Fn() -> Command>,
    mut progress: impl FnMut(Progress),
) -> Result<Bench, BenchError> {
    let effort = settings.effort;
    let machine = Machine::here(device);
    dtype_of(subjects, device)?;
    start_threads()?;
    check_memory(subjects, settings, device)?;
    subjects.iter().try_for_each(|subject| Weights::check_own(subject.network.stored()))?;
    let mut workers = workers(subjects, settings, device, program)?;

    let mut peaks = vec![];
    measure_peaks(&mut peaks, &mut workers, &machine, effort, &mut progress)?;
    let count = workers.len();
    // By network, then by threads.
    let place = |case: usize| (case / count, case % count);
    let samples = sample::interleaved(
        subjects.len() * count,
        effort,
        |case, passes| workers[place(case).1].passes(place(case).0, passes),
        |case, sampling| {
            let (subject, count) = (place(case).0, sampling.count());
            progress(Progress::Sample { subject, count, precision: sampling.precision() });
        },
    )?;
    let mut cases = vec![];
    for (index, samples) in samples.into_iter().enumerate() {
        let (subject, worker) = (place(index).0, &mut workers[place(index).1]);
        let profile = if settings.profile {
            progress(Progress::Profile(subject));
            Some(worker.profile(
                subject,
                (settings.engine, subjects[subject].graph()),
                effort.max_time / 2,
            )?)
        } else {
            None
        };
        let mut case = case(subject, worker.threads, samples, profile, effort);
        case.caveats.extend(caveat::of_threads(&machine, worker.threads));
        cases.push(case);
    }
    // Once more: the better counts.
    measure_peaks(&mut peaks, &mut workers, &machine, effort, &mut progress)?;
    let element = subjects.first().map_or(ElementType::F32, |subject| subject.element);
    let (device, engine) = (name(device), settings.engine);
    let mut caveats = caveat::of_machine(&machine);
    // The caches that are known are the processor's.
    caveats.extend(caveat::of_peaks(&machine, &peaks).filter(|_| machine.gpu.is_none()));
    Ok(Bench { machine, device, engine, element, effort, peaks, cases, caveats })
}

/// What samples say.
pub fn case(
    subject: usize,
    threads: Option<usize>,
    samples: Samples,
    profile: Option<Profile>,
    effort: Effort,
) -> Case {
    let summary = Summary::of(&samples.seconds, effort.seed);
    let caveats = caveat::of(&samples, &summary, effort, clock().0);
    Case { subject, threads, samples, summary, profile, caveats }
}

/// candle's type of the networks' numbers, if it computes in it on `device`.
fn dtype_of(subjects: &[Subject], device: &Device) -> Result<DType, BenchError> {
    let element = subjects.first().map_or(ElementType::F32, |subject| subject.element);
    dtype(element, device.is_cpu()).map_err(BenchError::Element)
}

/// A worker for each number of threads.
fn workers<'s>(
    subjects: &'s [Subject],
    settings: &Settings,
    device: &'s Device,
    program: Option<&dyn Fn() -> Command>,
) -> Result<Vec<Worker<'s>>, BenchError> {
    let here =
        || Here::new(subjects, settings.engine, device, dtype_of(subjects, device)?, settings.effort.seed);
    if !device.is_cpu() {
        return Ok(vec![Worker::here(None, here()?)]);
    }
    let worker = |&threads: &usize| match program {
        Some(program) if !(worker::is_set(threads) && worker::is_here(threads)) => {
            Worker::apart(threads, program())
        }
        Some(_) | None if worker::is_here(threads) => Ok(Worker::here(Some(threads), here()?)),
        Some(_) | None => {
            let why = text!("this process has another number", "本进程的线程数不同");
            Err(BenchError::Worker { threads, why })
        }
    };
    let mut workers = settings.threads.iter().map(worker).collect::<Result<Vec<_>, _>>()?;
    workers.iter_mut().try_for_each(Worker::ready)?;
    Ok(workers)
}

/// Whether all of it fits into the memory that is free: weights and inputs of every network, which stay, and what a pass of
/// one of them needs.
fn check_memory(subjects: &[Subject], settings: &Settings, device: &Device) -> Result<(), RunError> {
    let inputs = |subject: &Subject| {
        let inputs = subject.graph().network_inputs();
        let bytes =
            inputs.map(|(_, node)| node.volume().map_or(u128::MAX, |input| input.bytes(subject.element)));
        bytes.fold(0u128, u128::saturating_add).saturating_mul(subject.batch().into())
    };
    let needs = |(index, subject): (usize, &Subject)| {
        let needs = Needs::of(settings.engine, subject.graph(), &subject.analysis, subject.element, device);
        // The same network at another batch has the same weights.
        let is_other = worker::owner(subjects, index) != index;
        Needs { weights: if is_other { 0 } else { needs.weights }, ..needs }
    };
    let Some(all) = subjects.iter().enumerate().map(needs).reduce(Needs::beside) else { return Ok(()) };
    let inputs = subjects.iter().map(inputs).fold(0u128, u128::saturating_add);
    let all = Needs { activations: all.activations.saturating_add(inputs), ..all };
    let workers = if device.is_cpu() { settings.threads.len() as u128 } else { 1 };
    all.times(workers).check(device)
}

/// `cpu`, `cuda:0`.
fn name(device: &Device) -> String {
    match device.location() {
        DeviceLocation::Cpu => "cpu".to_owned(),
        DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
        DeviceLocation::Metal { gpu_id } => format!("metal:{gpu_id}"),
    }
}

/// The roofs with each worker; where there are some, the better ones.
fn measure_peaks(
    peaks: &mut Vec<MeasuredPeak>,
    workers: &mut [Worker],
    machine: &Machine,
    effort: Effort,
    progress: &mut impl FnMut(Progress),
) -> Result<(), BenchError> {
    let budget = (effort.max_time / 20).clamp(Duration::from_millis(10), Duration::from_millis(300));
    for (index, worker) in workers.iter_mut().enumerate() {
        progress(Progress::Peak(worker.threads));
        let peak = worker.peak(machine.largest_cache(), budget)?;
        match peaks.get_mut(index) {
            Some(before) => *before = before.best(peak),
            None => peaks.push(peak),
        }
    }
    Ok(())
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
