//! The weights that `cnncost run` computes with: where they are from, which is which, and where they are kept.

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use clap::Args;

use super::Voice;
use super::execute::Failure;
use super::input::read_file;
use crate::file::Outputs;
use crate::graph::Graph;
use crate::read::{Network, weight_map};
use crate::report::Subject;
use crate::run::map::Map;
use crate::run::{Draft, Loaded, RunError, Weights};
use crate::text;

/// Where weights are from.
#[derive(Args, Debug)]
#[command(next_help_heading = "Weights")]
pub(super) struct WeightArguments {
    /// Weights (`.safetensors`, `.npz`)
    ///
    /// Weights: `.safetensors`, as of a PyTorch `state_dict`, or `.npz`. Without it, those of an ONNX file, and fresh ones of a description.
    #[arg(long, value_name = "FILE")]
    pub(super) weights: Option<PathBuf>,
    /// What the file calls them
    ///
    /// What the file calls them: a table in TOML of our layers and boxes and its names, as in `"layer{i}/0" = "stages.{i-1}.0"`.
    #[arg(long, value_name = "FILE", requires = "weights", hide_short_help = true)]
    map: Option<PathBuf>,
    /// Write such a table, or of what is not understood the start of one
    #[arg(long, value_name = "FILE", requires = "weights", hide_short_help = true)]
    write_map: Option<PathBuf>,
    /// Write the weights that it computes with, as `.safetensors`
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    save_weights: Option<PathBuf>,
    /// Say which tensor of the file is which weight
    #[arg(short, long, hide_short_help = true)]
    verbose: bool,
}

/// Unused tensors of a file that are named.
const SHOWN: usize = 4;

impl WeightArguments {
    /// Files that are read.
    pub(super) fn read(&self) -> impl Iterator<Item = &Path> {
        [&self.weights, &self.map].into_iter().flatten().map(PathBuf::as_path)
    }

    /// The file that the weights of a network are from; nothing if they are fresh.
    pub(super) fn source(&self, subject: &Subject) -> Option<String> {
        let own = || subject.network.weights.as_ref().map(|_| subject.source.clone());
        self.weights.as_ref().map(|path| path.display().to_string()).or_else(own)
    }

    /// Whether the network's own are there, if these are taken.
    pub(super) fn check(&self, network: &Network) -> Result<(), RunError> {
        Weights::check_own(network.stored().filter(|_| self.weights.is_none()))
    }

    /// Files that are written.
    pub(super) fn written(&self) -> impl Iterator<Item = &Path> {
        [&self.write_map, &self.save_weights].into_iter().flatten().map(PathBuf::as_path)
    }

    /// The weights of the file of weights, or the network's own, or fresh ones.
    pub(super) fn make(
        &self,
        network: &Network,
        seed: u64,
        device: &Device,
        dtype: DType,
        voice: &Voice,
        outputs: &mut Outputs,
    ) -> Result<Weights, Failure> {
        let graph = &network.graph;
        let weights = match &self.weights {
            None => Weights::own(graph, network.stored(), seed, device, dtype)?,
            Some(path) => self.load(graph, path, device, dtype, voice, outputs)?,
        };
        if let Some(path) = &self.save_weights {
            weights.save(graph, outputs, path)?;
        }
        Ok(weights)
    }

    fn load(
        &self,
        graph: &Graph,
        path: &Path,
        device: &Device,
        dtype: DType,
        voice: &Voice,
        outputs: &mut Outputs,
    ) -> Result<Weights, Failure> {
        let map = self.map.as_deref().map(read_map).transpose();
        let map = map.map_err(|error| Failure::Said(voice.refuse(&error)))?;
        let loaded = match Weights::load(graph, path, map.as_ref(), device, dtype) {
            Ok(loaded) => loaded,
            Err(error) => return Err(self.refused(error, voice)),
        };
        if let Some(path) = &self.write_map {
            write(path, &loaded.draft, voice, outputs)?;
        }
        self.tell(&loaded, voice);
        Ok(loaded.weights)
    }

    /// Says what fits, and how to go on: with a map.
    fn refused(&self, error: RunError, voice: &Voice) -> Failure {
        let RunError::Unfit { draft, .. } = &error else { return Failure::Run(error) };
        let help = match &self.write_map {
            Some(path) => {
                // The only thing that comes of it.
                let mut outputs = Outputs::default();
                let written = write(path, draft, voice, &mut outputs).and_then(|()| put_in_place(outputs));
                if let Err(error) = written {
                    return Failure::Run(error);
                }
                let path = path.display();
                text!(
                    "`{path}` has what is certain: complete it, and give it with `--map {path}`",
                    "`{path}` 中是已确定的部分:请补全,再用 `--map {path}` 给出"
                )
            }
            None => text!(
                "say which is which with `--map FILE`; `--write-map FILE` writes what is certain as its start",
                "请用 `--map 文件` 说明对应关系;`--write-map 文件` 会先写出已确定的部分"
            ),
        };
        Failure::Said(voice.report_with(&error, Some(help)))
    }

    fn tell(&self, loaded: &Loaded, voice: &Voice) {
        if self.verbose {
            for (ours, theirs) in &loaded.pairs {
                voice.note(&text!("{ours}  ←  {theirs}", "{ours}  ←  {theirs}"));
            }
        } else if !loaded.by_name && !voice.quiet {
            voice.note(&text!(
                "note: the weights are assigned by shapes and order; --verbose lists them",
                "说明:权重按形状与次序对应;--verbose 列出对应关系"
            ));
        }
        if !loaded.unused.is_empty() && !voice.quiet {
            let count = loaded.unused.len();
            let names = loaded.unused.iter().take(SHOWN).map(|name| format!("`{name}`"));
            let mut names = names.collect::<Vec<_>>().join(", ");
            if count > SHOWN {
                names.push_str(", …");
            }
            let (are, s) = if count == 1 { ("is", "") } else { ("are", "s") };
            voice.note(&text!(
                "note: {count} tensor{s} of the file {are} not used: {names}",
                "说明:文件中有 {count} 个张量未被使用:{names}"
            ));
        }
    }
}

fn read_map(path: &Path) -> Result<Map, crate::error::ReadError> {
    let name = path.display().to_string();
    weight_map::parse(&name, &read_file(&name)?)
}

fn write(path: &Path, draft: &Draft, voice: &Voice, outputs: &mut Outputs) -> Result<(), RunError> {
    let text = draft.text();
    let written = outputs.write(path, |part| fs::write(part, text.get(voice.language())));
    written.map_err(|error| RunError::unwritten(path, &error))
}

/// Puts what is written in its place.
pub(super) fn put_in_place(outputs: Outputs) -> Result<(), RunError> {
    outputs.put_in_place().map_err(|(path, error)| RunError::unwritten(&path, &error))
}
