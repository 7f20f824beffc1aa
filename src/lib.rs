//! cnncost answers what a convolutional network costs, exactly, and why each number is what it is.
//!
//! ```
//! use cnncost::read::{Description, Options};
//!
//! let text = r#"
//! input = [192, 28, 28]
//! layers = [
//!   { op = "conv2d", out_channels = 16, kernel_size = 1 },
//!   { op = "conv2d", out_channels = 32, kernel_size = 5, padding = 2 },
//! ]
//! "#;
//! let network = Description::parse("bottleneck.toml", text)?.expand(&Options::default())?;
//! let analysis = cnncost::analyze(&network.graph)?;
//! assert_eq!(analysis.total().work.macs.total(), 12_443_648);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The way of the data
//!
//! ```text
//! description.toml ─▶ read ─▶ Description ─▶ expand(options) ─┬▶ Graph ─▶ analyze ─▶ Analysis ─▶ report ─▶ text
//! net.onnx ─▶ read::onnx ─▶ Onnx ─▶ expand(sizes) ─────────────┘    └────▶ plan ─▶ run ─▶ outputs
//!                                                                            └─▶ bench ─▶ samples ─▶ report ─▶ text
//! Graph and Analysis, as a Subject ─▶ claim (check), compare, convention (reconcile) ─▶ report ─▶ text
//! ```
//!
//! A description is read once and expanded as often as there are variants of it. Expanding makes an immutable [`graph`], in
//! which every tensor has its shape: expressions in a description ask for sizes, so shapes are inferred on the way. What is
//! found out about a graph goes into tables beside it, indexed by node. Writers are pure functions from data to text.
//!
//! An ONNX file is read without its weights; its operators are gone through once, what follows from shapes and constants alone is
//! evaluated on the way, and the rest is drafted, recognized and put in the order of its modules ([`read::onnx`]). Where a weight
//! lies in the file stays with the graph, for what executes it.
//!
//! Blocks may come from other files: reading asks whoever opens a description for them ([`read::include`]) and knows no folders. The
//! texts of all files lie behind one another in one [`Source`](error::Source), so that a place is a range of it.
//!
//! Whoever has a name begins at [`source`]: it opens a file or what is bundled, and makes what is chosen of it into a
//! [`Subject`](subject::Subject).
//!
//! A graph becomes a [`plan`] of fused steps. It is counted as such ([`plan::deployed`]), and executed by the kernels of a crate of
//! their own, in `src/run/native/kernels`. candle executes the graph itself, node by node: the reference, and what a GPU has.
//!
//! A picture is laid out from a scene of what is drawn ([`report::draw`]), a chart from plain records ([`report::chart`]), and a page
//! puts both beside the layers and their workings ([`report::page`]).
//!
//! # The modules, in reading order
//!
//! | module | what it holds |
//! |---|---|
//! | [`mod@text`] | what is said to a person, in each language |
//! | [`shape`] | a tensor's dimensions and element type |
//! | [`counts`] | what is counted, and the conventions; counts add up exactly or are refused |
//! | [`working`] | the arithmetic behind a number, as it evaluates and as it is written: in letters, in the words of each language, in numbers |
//! | [`error`] | mistakes, and how they are drawn over the file |
//! | [`mod@file`] | files opened without waiting for ever, and written whole or not at all |
//! | [`op`] | what an operator must answer, the one list of operators, a file for each |
//! | [`graph`] | named operators joined in a DAG; petgraph stays inside |
//! | [`mod@analyze`] | a graph into its counts |
//! | [`plan`] | a graph into the steps of an engine: what is fused, and where each tensor lies |
//! | [`convention`] | how papers and other tools count, as data; which of them gives a figure |
//! | [`run`] | a graph into its outputs, with an engine's kernels: weights, fresh or of a file; the memory it needs |
//! | [`read`] | a description or an ONNX file into a graph: syntax, names, expressions, expansion, what is doubtful; the other files that are read; what is bundled |
//! | [`subject`] | a network as it was asked for, with what is known about it |
//! | [`mod@bench`] | how long networks take, beside what the machine reaches |
//! | [`metric`] | the figures, each once: what it is called, what it counts, how it is had; every report goes through that list |
//! | [`claim`] | statements about networks, and whether they hold |
//! | [`source`] | what a name opens, and the network that is chosen of it; files of claims, locks, candidates to reconcile |
//! | [`mod@layout`] | descriptions and files of claims in their canonical layout |
//! | [`compare`] | which layers of two networks are each other's like, and where they differ |
//! | [`report`] | sheets of rows and columns, each defined once, and a writer for each format, which writes any sheet; pictures, charts and pages |
//! | [`cli`] | arguments, and a file for each command; only here is anything printed |
//!
//! Imports go downwards in reverse: a module uses only those above it in this table. `tests/structure.rs` holds that.
//!
//! # Features
//!
//! The first three are on by default; without them, what is left reads, counts, checks, compares and draws, and is built from 63
//! crates, a quarter of them all.
//!
//! - `run`: execution, with our own kernels and with candle. [`run`], [`mod@bench`], what an operator computes ([`op::Reference`]).
//! - `cli`: the program. [`cli`], colors in tables, and mistakes drawn for a terminal; [`error::ReadError`] says them on plain
//!   lines without it.
//! - `pictures`: pictures and charts as PNG and PDF; as SVG they need nothing.
//! - `cuda` and `cudnn`: `run` on NVIDIA's GPUs.
//!
//! # What holds everywhere
//!
//! - A count *is* the value of its working ([`op::Cost`]): what is explained and what is reported cannot disagree.
//! - Parameters are derived from the tensors an operator says it needs, which are those its `forward` takes.
//! - What is predicted to be alive is what is alive node by node, and an operator holds no more beside it than it says:
//!   `tests/memory_measured.rs` and `tests/workspace.rs` measure every bundled network and every operator,
//!   and `tests/memory_taken.rs` what a process takes.
//! - The native engine gives what candle gives: `tests/native.rs` holds every bundled network to that, and `tests/native_layers.rs`
//!   layers of random shapes, on every instruction set that the machine has.
//! - An operator is one file and one line in the list; names, settings, schema, documentation and dispatch follow from it.
//! - An operator says why something is wrong; whoever walks the graph adds where.
//! - A path that a person writes is followed in one place, [`graph::Graph::resolve`], whether of a command or of a claim.
//! - What comes from a file stays text: what goes to a person passes [`text::harmless`], whatever it holds.
//! - What a command writes is there whole or not at all ([`file::Outputs`]).
//! - Nothing panics on any input, nothing wraps around, nothing is silently zero, and no order depends on a hash.

pub mod analyze;
#[cfg(feature = "run")]
pub mod bench;
pub mod claim;
#[cfg(feature = "cli")]
pub mod cli;
pub mod compare;
pub mod convention;
pub mod counts;
pub mod error;
pub mod file;
pub mod graph;
pub mod layout;
pub mod metric;
pub mod op;
pub mod plan;
pub mod read;
pub mod report;
#[cfg(feature = "run")]
pub mod run;
pub mod shape;
pub mod source;
pub mod subject;
pub mod text;
pub mod working;

pub use analyze::{Analysis, analyze};
