//! The plan of a network: what is executed at once, where each tensor lies, and what is alive then.

use std::borrow::Cow;
use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::deployed::steps;
use super::figures::bytes;
use super::json::shaped_at;
use super::sheet::{Cell, Head, Line, Role, Sheet};
use super::table::{inside, title};
use super::terminal::{Layout, Table, heading};
use super::wrap::wrapped;
use super::{Style, Subject, write_json};
use crate::graph::{Graph, NodeId};
use crate::plan::arena::{Wanted, arena};
use crate::plan::{Home, Plan, Step};
use crate::text;
use crate::text::{Text, printable};

/// The name and version of what [`json`] writes.
const SCHEMA: &str = "cnncost/plan/1";

/// The most tensors for which an arena is laid out: it takes the square of their number.
const MOST: usize = 20_000;

/// A network that is counted as it is deployed, with its plan and where its tensors lie in one piece of memory.
#[derive(Debug)]
pub struct Planned<'s> {
    subject: &'s Subject,
    plan: &'s Plan,
    arena: Option<Placed>,
}

/// Where tensors lie in one piece of memory.
#[derive(Debug)]
struct Placed {
    /// By root, in the order of the nodes.
    offsets: Vec<(NodeId, usize)>,
    size: usize,
}

impl<'s> Planned<'s> {
    /// That of a network; `None` if its graph is counted.
    pub fn of(subject: &'s Subject) -> Option<Self> {
        let plan = subject.plan.as_deref()?;
        Some(Self { subject, plan, arena: Placed::of(subject, plan) })
    }

    /// Where a tensor begins; of a part of another, where that does.
    fn offset(&self, id: NodeId) -> Option<usize> {
        let (arena, root) = (self.arena.as_ref()?, self.plan.root(id)?);
        let at = arena.offsets.binary_search_by_key(&root, |&(root, _)| root).ok()?;
        Some(arena.offsets[at].1)
    }

    /// The step that makes what a tensor is; `None` of an input of the network.
    fn made_by(&self, id: NodeId) -> Option<usize> {
        let mut id = self.plan.passed(id);
        while let Home::View(other) = self.plan.home(id) {
            id = self.plan.passed(other);
        }
        self.plan.step_of(id)
    }
}

impl Placed {
    /// `None` where there are too many tensors, or more bytes than this machine can count.
    fn of(subject: &Subject, plan: &Plan) -> Option<Self> {
        let graph = subject.graph();
        let roots: Vec<_> = plan.roots().collect();
        let wanted = roots.iter().take(MOST + 1).map(|&(root, lifetime)| {
            let samples = graph.samples(root, subject.batch());
            let of_one = subject.bytes(graph.node(root).volume().ok()?);
            let size = usize::try_from(of_one.checked_mul(samples.into())?).ok()?;
            Some(Wanted { from: lifetime.from, to: lifetime.to, size })
        });
        let wanted = wanted.collect::<Option<Vec<_>>>().filter(|wanted| wanted.len() <= MOST)?;
        let placed = arena(&wanted);
        let offsets = roots.iter().map(|&(root, _)| root).zip(placed.offsets).collect();
        Some(Self { offsets, size: placed.size })
    }
}

/// The plans of networks.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Plans")]
struct Document<'s> {
    /// The name and version of this form: `cnncost/plan/1`.
    schema: &'static str,
    /// The version of cnncost.
    version: &'static str,
    /// The networks.
    networks: Vec<Network<'s>>,
}

/// The plan of one network.
#[derive(Debug, Serialize, JsonSchema)]
struct Network<'s> {
    /// SHA-256 of the file, in hexadecimal.
    sha256: &'s str,
    /// The network's name.
    model: &'s str,
    /// The file.
    source: &'s str,
    /// The variant, if it is one.
    variant: Option<&'s str>,
    /// Samples of one forward pass.
    batch: u64,
    /// The type of its numbers.
    dtype: &'static str,
    /// The most bytes that are alive at once, of tensors and of what an operator holds inside.
    peak_bytes: u128,
    /// Bytes of one piece of memory that holds every tensor while it is alive; null where that is not laid out.
    arena_bytes: Option<usize>,
    /// The inputs of the network.
    inputs: Vec<InputForm>,
    /// The steps, in the order of execution.
    steps: Vec<StepForm>,
}

/// An input of a network.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Input")]
struct InputForm {
    /// Its path.
    path: String,
    /// Its shape, the batch first; null if it is not known.
    shape: Option<Vec<u64>>,
    /// The byte of the arena at which it begins.
    offset: Option<usize>,
}

/// What is executed at once.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Step")]
struct StepForm {
    /// Its number, from 1.
    step: usize,
    /// The path of the node that the others are fused with.
    main: String,
    /// The paths of all its nodes, in their order; it makes the tensor of the last.
    nodes: Vec<String>,
    /// What it takes.
    inputs: Vec<Taken>,
    /// The shape of what it makes, the batch first; null if it is not known.
    output: Option<Vec<u64>>,
    /// Where that lies: `own`, `in_place` (where another lay) or `within` (a concatenation).
    home: &'static str,
    /// The path of the tensor in whose memory it lies; null if it has its own.
    of: Option<String>,
    /// The channel of the concatenation that it begins on; null if it is in none.
    channel: Option<u64>,
    /// Bytes that are alive while it is executed.
    live_bytes: u128,
    /// The byte of the arena at which the memory begins that it lies in.
    offset: Option<usize>,
}

/// A tensor that a step takes.
#[derive(Debug, Serialize, JsonSchema)]
struct Taken {
    /// Its path.
    path: String,
    /// The step that makes it, or what it is a view of; null if that is an input of the network.
    step: Option<usize>,
}

/// Writes the plans of networks as one object.
///
/// # Errors
/// If it cannot be written.
pub fn json(networks: &[Planned<'_>], to: &mut dyn io::Write) -> io::Result<()> {
    let networks = networks.iter().map(network).collect();
    write_json(&Document { schema: SCHEMA, version: env!("CARGO_PKG_VERSION"), networks }, to)
}

/// The JSON Schema of what [`json`] writes.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Document<'_>)
}

fn network<'s>(planned: &Planned<'s>) -> Network<'s> {
    let (subject, graph) = (planned.subject, planned.subject.graph());
    let input =
        |id| InputForm { path: graph.path(id), shape: shaped_at(subject, id), offset: planned.offset(id) };
    Network {
        sha256: &subject.sha256,
        model: &subject.title,
        source: &subject.source,
        variant: subject.variant.as_deref(),
        batch: subject.batch(),
        dtype: subject.element.name(),
        peak_bytes: subject.peak_bytes(),
        arena_bytes: planned.arena.as_ref().map(|arena| arena.size),
        inputs: graph.network_inputs().map(|(id, _)| input(id)).collect(),
        steps: (1..).zip(&planned.plan.steps).map(|(number, step)| form(planned, number, step)).collect(),
    }
}

fn form(planned: &Planned<'_>, number: usize, step: &Step) -> StepForm {
    let (subject, graph, output) = (planned.subject, planned.subject.graph(), step.output());
    let (home, of, channel) = match planned.plan.home(output) {
        Home::Own | Home::Nowhere => ("own", None, None),
        Home::View(other) | Home::InPlace(other) => ("in_place", Some(graph.path(other)), None),
        Home::Within { whole, channel } => ("within", Some(graph.path(whole)), Some(channel)),
    };
    let sources =
        |&id: &NodeId| Taken { path: graph.path(id), step: planned.made_by(id).map(|step| step + 1) };
    StepForm {
        step: number,
        main: graph.path(step.main),
        nodes: step.nodes.iter().map(|&id| graph.path(id)).collect(),
        inputs: step.inputs.iter().map(sources).collect(),
        output: shaped_at(subject, output),
        home,
        of,
        channel,
        live_bytes: subject.bytes(subject.analysis.memory.live(step.main)),
        offset: planned.offset(output),
    }
}

/// The plan for the terminal.
pub fn report(planned: &Planned<'_>, style: Style) -> String {
    let sheet = sheet(planned);
    let wanted = ["layers", "step", "output", "home", "live_bytes", "offset", "inputs"];
    let table = Table::new(&sheet, Layout::Table, style).tight().fit(Some(&wanted));
    let left_out: Vec<&Text> = table.left_out().collect();
    let words = |of: fn(&Text) -> &str, between| {
        left_out.iter().map(|head| of(head)).collect::<Vec<_>>().join(between)
    };
    let (english, chinese) = (words(|head| &head.english, ", "), words(|head| &head.chinese, "、"));
    let no_room = Text {
        english: format!("not shown for want of room: {english}; `--format csv` has everything"),
        chinese: format!("因宽度不足未显示:{chinese};`--format csv` 给出全部"),
    };
    let notes = sheet.notes.iter().chain((!left_out.is_empty()).then_some(&no_room));
    let notes = notes.map(|note| wrapped(note.get(style.language), style.width));
    heading(&title(planned.subject), style) + &table.draw() + &notes.collect::<String>()
}

/// A line for each input of the network and each step, and below what the arena takes beside the peak.
pub fn sheet(planned: &Planned<'_>) -> Sheet {
    let (subject, graph) = (planned.subject, planned.subject.graph());
    let heads = vec![
        Head::new("step", text!("step", "步"), Role::Figure),
        Head::new("layers", text!("layers", "层"), Role::Name),
        Head::new("inputs", text!("takes", "输入自"), Role::Text),
        Head::new("output", text!("output", "输出"), Role::Text),
        Head::new("home", text!("lies", "所在"), Role::Text),
        Head::new("live_bytes", text!("bytes alive", "存活字节"), Role::Figure),
        Head::new("offset", text!("offset", "偏移"), Role::Figure),
    ];
    let inputs = graph.network_inputs().map(|(id, _)| Line::of(of_input(planned, id)));
    let steps = (1..).zip(&planned.plan.steps).map(|(number, step)| Line {
        class: graph.node(step.main).operator().map(|op| op.class()),
        ..Line::of(of_step(planned, number, step))
    });
    Sheet {
        title: Some(title(subject)),
        label: Some(("network", subject.label.clone())),
        heads,
        lines: inputs.chain(steps).collect(),
        notes: notes(planned),
        ..Sheet::default()
    }
}

fn of_input(planned: &Planned<'_>, id: NodeId) -> Vec<Cell> {
    let graph = planned.subject.graph();
    let path = printable(&graph.path(id));
    vec![
        Cell::Empty,
        Cell::Name(path.clone(), path),
        Cell::Empty,
        Cell::Text(graph.node(id).shape.to_string()),
        Cell::Named("own", text!("own", "自有")),
        Cell::Empty,
        offset(planned, id),
    ]
}

fn of_step(planned: &Planned<'_>, number: usize, step: &Step) -> Vec<Cell> {
    let (subject, graph, output) = (planned.subject, planned.subject.graph(), step.output());
    let takes = |&id: &NodeId| match planned.made_by(id) {
        Some(step) => (step + 1).to_string(),
        None => printable(&graph.path(planned.plan.root(id).unwrap_or(id))),
    };
    // Several parts of one tensor are of one step.
    let mut sources: Vec<String> = step.inputs.iter().map(takes).collect();
    sources.dedup();
    let path = printable(&fused(graph, step));
    vec![
        Cell::Count(number as u128),
        Cell::Name(path.clone(), path),
        Cell::Text(sources.join(", ")),
        Cell::Text(graph.node(output).shape.to_string()),
        home(planned, output),
        Cell::Count(subject.bytes(subject.analysis.memory.live(step.main))),
        offset(planned, output),
    ]
}

/// The path of the main node, and the names of the others, in their order: `layer1/0/conv1 + bn1 + relu`.
fn fused(graph: &Graph, step: &Step) -> String {
    let name = |&id: &NodeId| {
        if id == step.main { Cow::from(graph.path(id)) } else { Cow::from(&*graph.node(id).name) }
    };
    step.nodes.iter().map(name).collect::<Vec<_>>().join(" + ")
}

/// Where a tensor lies: in short, by the steps that make what lies there; or that it was given.
fn home(planned: &Planned<'_>, id: NodeId) -> Cell {
    let place = |id: NodeId| {
        if let Some(step) = planned.made_by(id).map(|step| step + 1) {
            text!("step {step}", "第 {step} 步")
        } else {
            let path = printable(&planned.subject.graph().path(id));
            text!("{path}", " {path}")
        }
    };
    match planned.plan.home(id) {
        Home::Own | Home::Nowhere => Cell::Named("own", text!("own", "自有")),
        Home::View(other) | Home::InPlace(other) => {
            let place = place(other);
            Cell::Said(text!("in place of {place}", "原地于{place:#}"))
        }
        Home::Within { whole, channel } => {
            let place = place(whole);
            Cell::Said(text!("in {place} at channel {channel}", "在{place:#}的通道 {channel} 起"))
        }
    }
}

fn offset(planned: &Planned<'_>, id: NodeId) -> Cell {
    planned.offset(id).map_or(Cell::Unknown, |offset| Cell::Count(offset as u128))
}

/// How many steps there are, and how much the arena takes beside the peak.
fn notes(planned: &Planned<'_>) -> Vec<Text> {
    let (subject, plan) = (planned.subject, planned.plan);
    let (steps, peak) = (steps(subject.graph(), plan), bytes(subject.peak_bytes()));
    let memory = match &planned.arena {
        Some(arena) => {
            let arena = bytes(arena.size as u128);
            text!(
                "an arena of {arena} holds every tensor while it is alive; {peak} are alive at the peak",
                "大小为 {arena} 的内存区可容纳所有存活的张量;峰值时存活 {peak}"
            )
        }
        None => text!(
            "{peak} are alive at the peak; tensors have no offsets, as there are too many",
            "峰值时存活 {peak};张量过多,未排布偏移"
        ),
    };
    [steps, memory].into_iter().chain(inside(subject)).collect()
}
