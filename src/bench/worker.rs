//! Who executes: this process, or another with another number of threads.
//!
//! candle fixes its threads when a process first uses them: those of rayon's global pool, into as many parts as
//! RAYON_NUM_THREADS says it cuts matrix products, and for elementwise functions threads of its own, as many as
//! CANDLE_NUM_THREADS says. Without the first it counts the processors anew for each product, which takes longer than a small
//! product itself. So for each number of threads the program is started once more, with both set, unless they are set so
//! already. Such a worker answers one line with one line, and sleeps otherwise: samples of several numbers of threads are
//! taken in turns too.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

use super::{BenchError, MeasuredPeak, Profile, peak, profile, time};
use crate::graph::Graph;
use crate::run::{Engine, Session, Weights, random_inputs, start_threads};
use crate::subject::Subject;
use crate::text;
use crate::text::Text;

/// What a worker is asked to do.
#[derive(Debug, Serialize, Deserialize)]
enum Request {
    /// What the machine reaches.
    Peak { threads: Option<usize>, largest_cache: u64, budget: Duration },
    /// What so many passes take together.
    Passes { network: usize, passes: usize },
    /// What each node takes, in each of as many passes as go into the time.
    Profile { network: usize, most: Duration },
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    Ready,
    Peak(MeasuredPeak),
    Seconds(f64),
    Profile(Vec<Vec<f64>>),
    /// Why it cannot: in English, in Chinese.
    Failed(String, String),
}

/// Threads that execute networks.
pub(super) struct Worker<'s> {
    /// How many; `None` on a GPU.
    pub(super) threads: Option<usize>,
    place: Home<'s>,
}

enum Home<'s> {
    Here(Here<'s>),
    Apart(Apart),
}

/// Passes of a profile, at the least and at the most.
const PROFILE_PASSES: (usize, usize) = (3, 30);

/// Milliseconds that a process may take to end.
const ENDING: u32 = 100;

/// What says how many threads there are: of rayon's and of candle's own.
const VARIABLES: [&str; 2] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"];

/// How many threads the variables say there are.
fn set() -> [Option<usize>; 2] {
    VARIABLES.map(|variable| std::env::var(variable).ok().and_then(|set| set.parse().ok()))
}

/// Whether this process has so many threads, whatever of candle's threads they are.
pub(super) fn is_here(threads: usize) -> bool {
    let of_products = candle_core::utils::get_num_threads();
    [rayon::current_num_threads(), of_products, set()[1].unwrap_or(of_products)] == [threads; 3]
}

/// Whether it was started with so many, by [`set_threads`] or by the user.
pub fn is_set(threads: usize) -> bool {
    set() == [Some(threads); 2]
}

/// Lets a program that is about to be started have so many threads.
pub fn set_threads(program: &mut Command, threads: usize) {
    program.envs(VARIABLES.map(|variable| (variable, threads.to_string())));
}

impl<'s> Worker<'s> {
    /// This process, with all it needs for the networks.
    pub(super) fn here(threads: Option<usize>, here: Here<'s>) -> Self {
        Self { threads, place: Home::Here(here) }
    }

    /// A program that calls [`serve`], with so many threads.
    pub(super) fn apart(threads: usize, mut program: Command) -> Result<Self, BenchError> {
        let lost = |error: std::io::Error| BenchError::Worker { threads, why: text!("{error}", "{error}") };
        set_threads(&mut program, threads);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = program.spawn().map_err(lost)?;
        let (Some(requests), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            let why = text!("it has no pipes", "它没有管道");
            return Err(BenchError::Worker { threads, why });
        };
        let answers = BufReader::new(answers).lines();
        Ok(Self { threads: Some(threads), place: Home::Apart(Apart { process, requests, answers }) })
    }

    /// Waits until it has read its networks and made their weights.
    pub(super) fn ready(&mut self) -> Result<(), BenchError> {
        match &mut self.place {
            Home::Here(_) => Ok(()),
            Home::Apart(apart) => match apart.answer() {
                Some(Answer::Ready) => Ok(()),
                Some(Answer::Failed(english, chinese)) => Err(BenchError::Told(Text { english, chinese })),
                Some(Answer::Peak(_) | Answer::Seconds(_) | Answer::Profile(_)) | None => Err(self.lost()),
            },
        }
    }

    /// What the machine reaches.
    pub(super) fn peak(&mut self, largest_cache: u64, budget: Duration) -> Result<MeasuredPeak, BenchError> {
        match self.ask(&Request::Peak { threads: self.threads, largest_cache, budget })? {
            Answer::Peak(peak) => Ok(peak),
            Answer::Ready | Answer::Seconds(_) | Answer::Profile(_) | Answer::Failed(..) => Err(self.lost()),
        }
    }

    /// What so many passes take together, in seconds.
    pub(super) fn passes(&mut self, network: usize, passes: usize) -> Result<f64, BenchError> {
        match self.ask(&Request::Passes { network, passes })? {
            Answer::Seconds(seconds) => Ok(seconds),
            Answer::Ready | Answer::Peak(_) | Answer::Profile(_) | Answer::Failed(..) => Err(self.lost()),
        }
    }

    /// What each node takes.
    pub(super) fn profile(
        &mut self,
        network: usize,
        (engine, graph): (Engine, &Graph),
        most: Duration,
    ) -> Result<Profile, BenchError> {
        let events = engine.events(graph);
        match self.ask(&Request::Profile { network, most })? {
            Answer::Profile(passes)
                if passes.iter().all(|pass| pass.len() == events.len()) && !passes.is_empty() =>
            {
                Ok(Profile::of(graph, &events, &passes))
            }
            Answer::Ready
            | Answer::Peak(_)
            | Answer::Seconds(_)
            | Answer::Profile(_)
            | Answer::Failed(..) => Err(self.lost()),
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Answer, BenchError> {
        let answer = match &mut self.place {
            Home::Here(here) => return here.answer(request),
            Home::Apart(apart) => apart.ask(request),
        };
        match answer {
            Some(Answer::Failed(english, chinese)) => Err(BenchError::Told(Text { english, chinese })),
            Some(answer) => Ok(answer),
            None => Err(self.lost()),
        }
    }

    fn lost(&mut self) -> BenchError {
        let ended = match &mut self.place {
            Home::Here(_) => None,
            Home::Apart(apart) => apart.ended(),
        };
        let why = ended.unwrap_or_else(|| text!("it does not answer", "它没有应答"));
        BenchError::Worker { threads: self.threads.unwrap_or(1), why }
    }
}

/// A process with other threads.
struct Apart {
    process: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Apart {
    fn ask(&mut self, request: &Request) -> Option<Answer> {
        let line = serde_json::to_string(request).ok()?;
        writeln!(self.requests, "{line}").and_then(|()| self.requests.flush()).ok()?;
        self.answer()
    }

    /// How it ended, if it did: one that closes its pipes is about to.
    fn ended(&mut self) -> Option<Text> {
        for _ in 0..ENDING {
            if let Ok(Some(status)) = self.process.try_wait() {
                return Some(text!("it ended ({status})", "它已结束({status})"));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }

    fn answer(&mut self) -> Option<Answer> {
        serde_json::from_str(&self.answers.next()?.ok()?).ok()
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // It waits for requests or executes for nobody: there is nothing to lose, and nobody to tell of a failure.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// This process as a worker: networks that are ready to be executed.
pub(super) struct Here<'s> {
    networks: Vec<Network<'s>>,
    engine: Engine,
    device: &'s Device,
    dtype: DType,
}

struct Network<'s> {
    graph: &'s Graph,
    weights: Weights,
    session: Box<dyn Session + 's>,
    inputs: Vec<Tensor>,
}

impl<'s> Here<'s> {
    /// Makes weights and inputs of every network; the same network at another batch has the same weights.
    pub(super) fn new(
        subjects: &'s [Subject],
        engine: Engine,
        device: &'s Device,
        dtype: DType,
        seed: u64,
    ) -> Result<Self, BenchError> {
        #[cfg(feature = "cuda")]
        if let Device::Cuda(cuda) = device {
            super::gpu::keep_memory(cuda);
        }
        let mut networks: Vec<Network> = vec![];
        for (index, subject) in subjects.iter().enumerate() {
            let graph = subject.graph();
            let weights = match networks.get(owner(subjects, index)) {
                Some(same) => same.weights.clone(),
                None => Weights::own(graph, subject.network.stored(), seed, device, dtype)?,
            };
            let batch = usize::try_from(subject.batch()).unwrap_or(usize::MAX);
            let inputs = random_inputs(graph, batch, seed, device, dtype)?;
            let session = engine.load(graph, weights.clone(), batch)?;
            networks.push(Network { graph, weights, session, inputs });
        }
        Ok(Self { networks, engine, device, dtype })
    }

    fn answer(&mut self, request: &Request) -> Result<Answer, BenchError> {
        match *request {
            Request::Peak { threads, largest_cache, budget } => {
                let peak = peak::measure(self.device, self.dtype, threads, largest_cache, budget)?;
                Ok(Answer::Peak(peak))
            }
            Request::Passes { network, passes } => {
                let Network { session, inputs, .. } = &mut self.networks[network];
                time(self.device, || Ok(session.repeat(inputs, passes)?)).map(Answer::Seconds)
            }
            Request::Profile { network, most } => self.profile(network, most).map(Answer::Profile),
        }
    }

    /// The times of each pass by event, after one that warms up.
    fn profile(&mut self, network: usize, most: Duration) -> Result<Vec<Vec<f64>>, BenchError> {
        let start = Instant::now();
        let (fewest, most_passes) = PROFILE_PASSES;
        let Network { graph, session, inputs, .. } = &mut self.networks[network];
        let events = self.engine.events(graph).len();
        let mut passes = vec![];
        while passes.len() <= fewest || (passes.len() <= most_passes && start.elapsed() < most) {
            passes.push(profile::pass(events, self.device, |mark| session.run(inputs, mark).map(drop))?);
        }
        passes.remove(0);
        Ok(passes)
    }
}

/// The first of the subjects that is the same network: at whatever batch.
pub(super) fn owner(subjects: &[Subject], index: usize) -> usize {
    let this = &subjects[index];
    let is_same = |other: &Subject| {
        (&other.source, &other.variant) == (&this.source, &this.variant)
            && other.network.params == this.network.params
    };
    subjects.iter().position(is_same).unwrap_or(index)
}

/// The lines of standard input, as they come, for a program that works for whoever writes them: when they end, the program
/// does, whatever it computes. Whoever asked is gone, however it ended.
pub fn requests() -> std::io::Result<impl Iterator<Item = String>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new().spawn(move || {
        let lines = std::io::stdin().lines().map_while(Result::ok);
        lines.for_each(|line| drop(sender.send(line)));
        #[expect(clippy::exit, reason = "nothing else ends what the other threads compute")]
        std::process::exit(0)
    })?;
    Ok(receiver.into_iter())
}

/// Answers every line of `requests`, as the program that [`run`](super::run) starts for a number of threads.
///
/// What goes wrong is answered too. The only error is an answer that cannot be written: whoever asked is gone.
pub fn serve(
    subjects: &[Subject],
    engine: Engine,
    seed: u64,
    requests: impl IntoIterator<Item = String>,
    mut answers: impl Write,
) -> std::io::Result<()> {
    let failed = |error: &BenchError| {
        let text = error.text();
        Answer::Failed(text.english, text.chinese)
    };
    let mut write = |answer: &Answer| {
        let line = serde_json::to_string(answer).map_err(std::io::Error::other)?;
        writeln!(answers, "{line}").and_then(|()| answers.flush())
    };
    let made = start_threads()
        .map_err(BenchError::from)
        .and_then(|()| super::dtype_of(subjects, &Device::Cpu))
        .and_then(|dtype| Here::new(subjects, engine, &Device::Cpu, dtype, seed));
    let mut here = match made {
        Ok(here) => here,
        Err(error) => return write(&failed(&error)),
    };
    write(&Answer::Ready)?;
    for line in requests {
        let request = serde_json::from_str(&line).map_err(std::io::Error::other)?;
        write(&here.answer(&request).unwrap_or_else(|error| failed(&error)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A worker's side of the conversation.
    #[test]
    fn requests_are_answered_line_by_line() {
        let text = "input = [1, 4, 4]\nlayers = [{ op = 'relu' }]";
        let network = crate::read::Description::parse("net.toml", text).unwrap();
        let network = network.expand(&crate::read::Options::default()).unwrap();
        let subject = Subject::of(network, 1).unwrap();
        let requests = [
            Request::Passes { network: 0, passes: 2 },
            Request::Profile { network: 0, most: Duration::from_millis(1) },
        ];
        let requests = requests.map(|request| serde_json::to_string(&request).unwrap());
        let mut answers = vec![];
        serve(&[subject], Engine::Candle, 0, requests, &mut answers).unwrap();
        let answers = String::from_utf8(answers).unwrap();
        let answers: Vec<Answer> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [Answer::Ready, Answer::Seconds(seconds), Answer::Profile(passes)] = &*answers else {
            panic!("{answers:?}");
        };
        assert!(*seconds > 0.0 && passes.len() >= 3 && passes.iter().all(|pass| pass.len() == 2));
    }
}
