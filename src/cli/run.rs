//! `cnncost run`: what a network computes.

use std::path::{Path, PathBuf};

use candle_core::Tensor;
use clap::Args;

use super::dump::Dump;
use super::execute::{Execution, Failure, Processor, check_memory, dtype};
use super::format::Format;
use super::input::{NetworkSettings, Reading, Wanted, open, reading};
use super::progress::{Progress, short};
use super::threads::again;
use super::values::{Sizes, count, number, sizes};
use super::weights::{WeightArguments, put_in_place};
use super::{Invocation, Outcome, Voice, files};
use crate::bench::is_set;
use crate::error::did_you_mean;
use crate::file::Outputs;
use crate::graph::Graph;
use crate::report::Subject;
use crate::report::run::{Run, json, kernels, sheet, table};
use crate::run::{Engine, RunError, Session, Summary, forward, inputs, npy, start_threads};
use crate::shape::in_words;
use crate::source::{Alone, Model, Named, read_once};
use crate::text;
use crate::text::Text;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// A description, an ONNX file, or the name of a bundled network
    ///
    /// A description (`.toml`), an ONNX file (`.onnx`), either as `-` through standard input, or the name of a bundled network;
    /// `@VARIANT` behind it picks a variant.
    #[arg(help_heading = "Network", display_order = 0)]
    file: String,
    #[command(flatten)]
    network: NetworkSettings,
    /// Samples of one forward pass [default: the arrays']
    #[arg(long, value_name = "N", help_heading = "Network", value_parser = count)]
    batch: Option<u64>,
    /// An array (`.npy`), or sizes of a random one
    ///
    /// An array of NumPy's (`.npy`) with the batch first, or sizes as in 3x299x299 for random numbers; with several inputs, one
    /// after the other or as NAME=FILE. Without it, random numbers.
    #[arg(long, help_heading = "Execution", value_name = "FILE|SIZES", value_parser = given)]
    input: Vec<Given>,
    /// Seed of what is random: fresh weights, and inputs
    #[arg(long, help_heading = "Execution", value_name = "N", default_value_t = 0, value_parser = number)]
    seed: u64,
    #[command(flatten)]
    weights: WeightArguments,
    #[command(flatten)]
    execution: Execution,
    /// Write the output as an array (`.npy`)
    ///
    /// Write the output as an array of NumPy's (`.npy`); with several outputs, one after the other or as NAME=FILE.
    #[arg(short, long, help_heading = "Execution", value_name = "FILE", value_parser = named_file)]
    output: Vec<(Option<String>, PathBuf)>,
    /// Write the output of every node into this directory
    #[arg(long, help_heading = "Execution", hide_short_help = true, value_name = "DIR")]
    dump: Option<PathBuf>,
    /// Show which kernels compute which layers, and execute nothing
    #[arg(long, help_heading = "Execution", hide_short_help = true, conflicts_with_all = ["output", "dump"])]
    show_plan: bool,
    /// Form
    #[arg(long, value_parser = Format::of(Format::USUAL), default_value = "table", help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    voice: Voice,
}

/// Arrays that are given, each with the index of its input.
type Placed<'a> = Vec<(usize, npy::Array<'a>)>;

#[derive(Clone, Debug)]
enum Given {
    Sizes(Sizes),
    File(Option<String>, PathBuf),
}

pub(super) fn run(arguments: &Arguments, invocation: &Invocation) -> Outcome {
    let voice = &arguments.voice;
    let threads = candle_core::utils::get_num_threads();
    let is_set = arguments.execution.device != Processor::Cpu || is_set(threads);
    if !is_set && invocation.program.is_some() {
        // candle counts the processors for each product otherwise. Where no other process can begin, this one is only slower.
        if let Ok(outcome) = again(threads, invocation) {
            return outcome;
        }
    }
    match arguments.run() {
        Ok(outcome) | Err(Failure::Said(outcome)) => outcome,
        Err(Failure::Misused(message, help)) => voice.misused(message, help),
        Err(Failure::Run(error)) => voice.report(&error),
    }
}

impl Arguments {
    fn run(&self) -> Result<Outcome, Failure> {
        let place = self.execution.device;
        let dtype = dtype(self.network.element(), place)?;
        let engine = self.engine()?;
        if self.show_plan && self.format == Format::Json {
            let message = text!(
                "`run --show-plan` is a table, markdown, csv or latex",
                "`run --show-plan` 的格式为 table、markdown、csv 或 latex"
            );
            let help = text!(
                "`analyze --show-plan --format json` has the plan, without kernels",
                "`analyze --show-plan --format json` 给出不含计算核的计划"
            );
            return Err(Failure::Misused(message, Some(help)));
        }
        self.check_files()?;
        let progress = Progress::begin(&self.voice, &reading(&self.file));
        let named = open(&self.file).map_err(|error| Failure::Said(self.voice.refuse(&error)))?;
        self.check_written()?;
        let arrays = self.arrays()?;
        let (subject, arrays, read) = self.subject(&named, arrays)?;
        let (graph, batch) = (subject.graph(), subject.batch());
        self.note_random(graph, &arrays);
        let device = place.open()?;
        start_threads()?;
        check_memory(&subject, engine, &device, &self.voice)?;
        self.weights.check(&subject.network)?;
        let outputs = self.outputs(graph)?;
        let mut dump = self.dump.as_deref().map(Dump::prepare).transpose()?;
        let mut written = Outputs::default();

        progress.tell(&text!("reading and making weights", "正在读取与生成权重"));
        let weights =
            self.weights.make(&subject.network, self.seed, &device, dtype, &self.voice, &mut written)?;
        let batch = usize::try_from(batch).unwrap_or(usize::MAX);
        if self.show_plan {
            let session = engine.load(graph, weights, batch)?;
            put_in_place(written)?;
            drop(progress);
            return Ok(read.max(self.voice.print(&self.planned(&subject, &*session))));
        }
        let inputs = inputs(graph, arrays, batch, self.seed, &device, dtype)?;
        let told = |done: usize, count: usize, path: &str| {
            if progress.is_read() {
                let path = short(path);
                progress.tell(&text!(
                    "executing, {done} of {count} done: {path}",
                    "正在执行,已完成 {done}/{count}:{path}"
                ));
            }
        };
        let computed = if let Some(dump) = &mut dump {
            let (mut done, count) = (0usize, graph.len());
            let computed = forward(graph, inputs, &weights, |id, tensor| {
                done += 1;
                told(done, count, &graph.path(id));
                dump.write(&mut written, graph, id, tensor);
            })?;
            dump.finish(&mut written)?;
            drop(weights);
            computed
        } else {
            let events = engine.events(graph);
            let mut session = engine.load(graph, weights, batch)?;
            let (mut done, count) = (0usize, events.len() * session.parts());
            session.run(&inputs, &mut || {
                if let Some(&id) = events[done % events.len()].first() {
                    told(done, count, &graph.path(id));
                }
                done += 1;
            })?
        };
        progress.tell(&text!("writing", "正在写入"));
        for (index, path) in outputs {
            npy::write(&mut written, path, &computed[index].1)?;
        }
        let summarize = |(name, tensor): &(String, Tensor)| {
            let failed = |source| RunError::Candle { path: name.clone(), source };
            Ok::<_, RunError>((name.clone(), Summary::of(tensor).map_err(failed)?))
        };
        let run = Run {
            subject: &subject,
            device: place.to_string(),
            engine,
            seed: self.seed,
            weights: self.weights.source(&subject),
            outputs: computed.iter().map(summarize).collect::<Result<_, _>>()?,
        };
        put_in_place(written)?;
        drop(progress);
        let text = match self.format {
            Format::Json => json(&run),
            Format::Markdown | Format::Csv | Format::Latex => {
                self.format.write(&[sheet(&run)], self.voice.style())
            }
            Format::Table | Format::Tree | Format::Junit | Format::Github | Format::Beamer | Format::Svg => {
                table(&run, self.voice.style())
            }
        };
        Ok(read.max(self.voice.print(&text)))
    }

    /// The steps, in the form that is wanted.
    fn planned(&self, subject: &Subject, session: &dyn Session) -> String {
        if self.format == Format::Table {
            return kernels::text(subject, session, self.voice.style());
        }
        self.format.write(&[kernels::sheet(subject, session)], self.voice.style())
    }

    /// What executes; what is inside is written down only where every node is computed by itself.
    fn engine(&self) -> Result<Engine, Failure> {
        match self.execution.engine(self.network.element())? {
            Engine::Native(_) if self.dump.is_some() && self.execution.is_chosen() => {
                let message = text!(
                    "`--dump` writes the output of every node, and the native engine computes several at once",
                    "`--dump` 写出每个节点的输出,而 native 引擎一次计算多个节点"
                );
                let help = text!("use `--engine candle`", "请用 `--engine candle`");
                Err(Failure::Misused(message, Some(help)))
            }
            Engine::Native(_) if self.dump.is_some() => Ok(Engine::Candle),
            engine @ (Engine::Native(_) | Engine::Candle) => Ok(engine),
        }
    }

    /// The files that are read beside the description.
    fn given_files(&self) -> impl Iterator<Item = &Path> {
        let arrays = self.input.iter().filter_map(|given| match given {
            Given::File(_, path) => Some(path.as_path()),
            Given::Sizes(_) => None,
        });
        arrays.chain(self.weights.read())
    }

    /// The arrays that are given, each with the name of its input, if it has one. Their numbers are yet to be read.
    fn arrays(&self) -> Result<Vec<(Option<&str>, npy::Array<'_>)>, RunError> {
        let files = self.input.iter().filter_map(|given| match given {
            Given::File(name, path) => Some((name.as_deref(), path.as_path())),
            Given::Sizes(_) => None,
        });
        files.map(|(name, path)| Ok((name, npy::open(path)?))).collect()
    }

    /// The network, at the sizes and the batch of the arrays, and where these go.
    fn subject<'a>(
        &self,
        named: &Named,
        arrays: Vec<(Option<&str>, npy::Array<'a>)>,
    ) -> Result<(Subject, Placed<'a>, Outcome), Failure> {
        let sizes = self.sizes()?;
        let quiet = Voice { quiet: true, ..self.voice.clone() };
        // What a file leaves open is as the arrays have it.
        let open = match &named.model {
            Model::Onnx(onnx) => {
                let dims = arrays.iter().map(|(name, array)| (*name, sizes_of(array)));
                onnx.open_sizes(&dims.collect::<Vec<_>>())
            }
            Model::Description(_) => vec![],
        };
        let settings = self.network.with_sizes(open);
        let (subject, _) = expand(&settings, named, self.batch.unwrap_or(1), sizes.as_ref(), &quiet)?;
        let graph = subject.graph();
        let (mut batch, mut own_sizes) = (self.batch.map(|batch| (batch, "--batch".to_owned())), sizes);
        let (mut placed, single) = (vec![], graph.network_inputs().count() == 1);
        for (index, (name, array)) in arrays.into_iter().enumerate() {
            let place = input_place(graph, name, index)?;
            let shape = graph.network_inputs().nth(place).map_or(&[][..], |(_, node)| node.shape.dims());
            let (path, found) = (array.path(), array.dims().to_vec());
            let mut dims = sizes_of(&array);
            // One sample may come without a batch.
            if dims.len() == shape.len() {
                dims.insert(0, 1);
            }
            if dims.len() != shape.len() + 1 || dims.contains(&0) || (dims[1..] != *shape && !single) {
                let name =
                    graph.network_inputs().nth(place).map_or_else(String::new, |(id, _)| graph.path(id));
                return Err(unlike(path, &found, &name, shape));
            }
            if let Some((samples, source)) = batch.replace((dims[0], path.display().to_string()))
                && samples != dims[0]
            {
                return Err(other_batch(path, dims[0], &source, samples));
            }
            if placed.iter().any(|&(taken, _)| taken == place) {
                let name =
                    graph.network_inputs().nth(place).map_or_else(String::new, |(id, _)| graph.path(id));
                let message = text!("there are two arrays for `{name}`", "`{name}` 得到了两个数组");
                return Err(Failure::Misused(message, None));
            }
            if dims[1..] != *shape {
                own_sizes = Some(Sizes(dims[1..].to_vec()));
            }
            placed.push((place, array));
        }
        let batch = batch.map_or(1, |(batch, _)| batch);
        let (subject, outcome) = expand(&settings, named, batch, own_sizes.as_ref(), &self.voice)?;
        // Sizes that are given by name hold, whatever the array has.
        for (place, array) in &placed {
            if let Some((id, node)) = subject.graph().network_inputs().nth(*place)
                && !sizes_of(array).ends_with(node.shape.dims())
            {
                let name = subject.graph().path(id);
                return Err(unlike(array.path(), array.dims(), &name, node.shape.dims()));
            }
        }
        Ok((subject, placed, outcome))
    }

    /// Says which inputs are random though others are given, which may have been forgotten.
    fn note_random(&self, graph: &Graph, arrays: &Placed) {
        let left_out = graph.network_inputs().enumerate();
        let left_out = left_out.filter(|(index, _)| arrays.iter().all(|(place, _)| place != index));
        let names: Vec<String> = left_out.map(|(_, (id, _))| format!("`{}`", graph.path(id))).collect();
        if names.is_empty() || arrays.is_empty() || self.voice.quiet {
            return;
        }
        let (english, chinese) = (names.join(", "), names.join("、"));
        self.voice.note(&text!(
            "note: there is no array for {english}, which holds random numbers",
            "说明:{chinese} 没有给出数组,使用随机数"
        ));
    }

    /// The sizes that are given instead of an array.
    fn sizes(&self) -> Result<Option<Sizes>, Failure> {
        let sizes = self.input.iter().find_map(|given| match given {
            Given::Sizes(sizes) => Some(sizes.clone()),
            Given::File(..) => None,
        });
        if sizes.is_some() && self.input.len() > 1 {
            let message = text!(
                "sizes stand for the only `--input`, and there are more",
                "尺寸只能作为唯一的 `--input`,而这里不止一个"
            );
            let help = text!("an array has its sizes: leave these out", "数组自带尺寸:请去掉尺寸");
            return Err(Failure::Misused(message, Some(help)));
        }
        Ok(sizes)
    }

    /// For each output that is to be written, its index.
    fn outputs(&self, graph: &Graph) -> Result<Vec<(usize, &Path)>, Failure> {
        let names: Vec<&str> = graph.outputs().iter().map(|(name, _)| name.as_str()).collect();
        // Without names the end of the network is the first, whatever stands at its sides.
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|&place| names[place] != "output");
        let place = |(index, (name, path)): (usize, &(Option<String>, PathBuf))| {
            let place = match name {
                Some(name) => names.iter().position(|known| known == name),
                None => order.get(index).copied(),
            };
            place.ok_or_else(|| {
                let given = name.clone().unwrap_or_else(|| path.display().to_string());
                no_such(&text!("output", "输出"), &given, &names)
            })
        };
        let places = self.output.iter().enumerate().map(place).collect::<Result<Vec<_>, _>>()?;
        Ok(places.into_iter().zip(self.output.iter().map(|(_, path)| path.as_path())).collect())
    }

    /// Whether what is to be written can be: none of it was read, and no two are one.
    fn check_written(&self) -> Result<(), Failure> {
        let outputs = self.output.iter().map(|(_, path)| path.as_path());
        let written: Vec<&Path> = outputs.chain(self.weights.written()).collect();
        for path in &written {
            npy::can_write(path)?;
            files::may_write(path).map_err(|(message, help)| Failure::Misused(message, Some(help)))?;
        }
        files::are_apart(&written).map_err(|message| Failure::Misused(message, None))
    }

    /// Notes which files are read; those that can be read only once must be read once.
    fn check_files(&self) -> Result<(), Failure> {
        files::are_read(self.given_files());
        let read = self.given_files().chain([Path::new(&self.file)]);
        read_once(&read.map(Path::to_string_lossy).collect::<Vec<_>>())
            .map_err(|message| Failure::Misused(message, None))
    }
}

/// The network at this batch and these sizes; what it was read from is not read again.
fn expand(
    settings: &NetworkSettings,
    named: &Named,
    batch: u64,
    sizes: Option<&Sizes>,
    voice: &Voice,
) -> Result<(Subject, Outcome), Failure> {
    let wanted = Wanted { batches: &[batch], alone: Alone::Itself };
    let reading = Reading { settings: settings.clone(), input: sizes.cloned() };
    let (mut subjects, outcome) = reading.networks(std::slice::from_ref(named), wanted, voice);
    match (subjects.pop(), subjects.is_empty()) {
        (Some(subject), true) => Ok((subject, outcome)),
        (Some(_), false) => {
            let message =
                text!("`run` takes one variant, not all of them", "`run` 只接受一个变体,不能是全部");
            Err(Failure::Misused(message, None))
        }
        (None, _) => Err(Failure::Said(outcome)),
    }
}

fn sizes_of(array: &npy::Array<'_>) -> Vec<u64> {
    array.dims().iter().map(|&size| size as u64).collect()
}

fn input_place(graph: &Graph, name: Option<&str>, index: usize) -> Result<usize, Failure> {
    let names: Vec<String> = graph.network_inputs().map(|(id, _)| graph.path(id)).collect();
    let place = match name {
        Some(name) => names.iter().position(|known| known == name),
        None => Some(index).filter(|&index| index < names.len()),
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    place.ok_or_else(|| {
        let given = name.map_or_else(|| (index + 1).to_string(), str::to_owned);
        no_such(&text!("input", "输入"), &given, &names)
    })
}

fn no_such(kind: &Text, given: &str, names: &[&str]) -> Failure {
    let list = names.join("`, `");
    let known = text!("there are `{list}`", "可用的有 `{list}`");
    let message = text!("the network has no {kind} for `{given}`", "网络没有与 `{given}` 对应的{kind:#}");
    Failure::Misused(message, Some(did_you_mean(given, names.iter().copied()).unwrap_or(known)))
}

fn unlike(path: &Path, found: &[usize], input: &str, wanted: &[u64]) -> Failure {
    let (path, wanted) = (path.display(), in_words(wanted));
    let sizes = in_words(&found.iter().map(|&size| size as u64).collect::<Vec<_>>());
    let message = text!(
        "`{path}` is {sizes}, and `{input}` is {wanted}",
        "`{path}` 是 {sizes:#},而 `{input}` 是 {wanted:#}"
    );
    let help = if found.first() == Some(&0) {
        text!("an array has at least one sample", "数组至少要有一个样本")
    } else {
        text!(
            "an array has the batch first, and then the sizes of the input",
            "数组先是批次维,然后是输入的各个尺寸"
        )
    };
    Failure::Misused(message, Some(help))
}

fn other_batch(path: &Path, samples: u64, source: &str, others: u64) -> Failure {
    let path = path.display();
    let message = text!(
        "`{path}` has a batch of {samples}, and `{source}` one of {others}",
        "`{path}` 的批量大小是 {samples},而 `{source}` 的是 {others}"
    );
    Failure::Misused(message, None)
}

fn given(written: &str) -> Result<Given, Text> {
    if let Ok(sizes) = sizes(written) {
        return Ok(Given::Sizes(sizes));
    }
    let (name, path) = named_file(written)?;
    Ok(Given::File(name, path))
}

#[expect(clippy::unnecessary_wraps, reason = "clap asks for a Result")]
fn named_file(written: &str) -> Result<(Option<String>, PathBuf), Text> {
    Ok(match written.split_once('=') {
        // A file whose name has an `=` in it is that file.
        Some((name, path)) if !Path::new(written).exists() => (Some(name.to_owned()), PathBuf::from(path)),
        Some(_) | None => (None, PathBuf::from(written)),
    })
}
