//! Networks of ONNX files: what an exporter wrote, as a graph of ours.
//!
//! A file is read without its weights ([`File`]), gone through operator by operator, and what follows from shapes and constants
//! alone is evaluated on the way; the rest is drafted as nodes, of which those that are one operator of ours together are made
//! one. Of every weight it is noted where it lies, and it is read only when the network is executed.
//!
//! ONNX has the batch among the sizes of a tensor, and nothing says which it is. A file is read at a batch of 1: a first size
//! that is 1 is left out of the sample, and every other is a size like any other.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Code, Diagnostic, ReadError, Source};
use crate::read::Network;
use crate::read::expression::{Rational, Value as Parameter};
use crate::read::written::Letters;
use crate::text;
use crate::text::Text;

mod arity;
pub mod array;
mod batch;
#[cfg(test)]
mod bytes;
mod call;
mod check;
mod control;
mod decode;
mod draft;
mod elsewhere;
mod evaluate;
mod file;
mod finish;
mod forms;
mod function;
mod import;
mod inputs;
mod listed;
mod lost;
mod map;
mod materialize;
pub mod messages;
mod mistake;
mod names;
mod narrow;
mod patterns;
mod stored;
mod uses;
mod value;
mod values;
mod versions;
#[cfg_attr(not(feature = "run"), expect(dead_code, reason = "what executes a network reads its weights"))]
mod weights;
mod wire;

pub use decode::read;
pub use file::File;
use import::{Importer, Scope};
pub use inputs::Sizes;
use inputs::inputs;
pub use listed::{Became, Listed};
use value::{Refusal, Tensor};
pub use weights::Weights;
pub use wire::Mistake;

/// An ONNX file that is open, and what it says.
#[derive(Debug)]
pub struct Onnx {
    /// What it is called, as it is shown; there is no text of it.
    pub source: Arc<Source>,
    file: Arc<File>,
    model: messages::Model,
}

impl Onnx {
    /// Opens and reads the file at `path`, which is shown as `name`, without its weights.
    ///
    /// # Errors
    /// If it cannot be read, or at which byte it is none.
    pub fn open(path: &Path, name: &str) -> Result<Self, ReadError> {
        let unreadable = |why| ReadError::Unreadable { name: name.to_owned(), why, help: None };
        Self::of(File::open(path).map_err(unreadable)?, name)
    }

    /// Reads a file that is open, which is shown as `name`.
    ///
    /// # Errors
    /// At which byte it is no ONNX file.
    pub fn of(file: File, name: &str) -> Result<Self, ReadError> {
        let source = Arc::new(Source::new(name, ""));
        let invalid = |Mistake { byte, why }: Mistake| {
            let message = text!("at byte {byte}: {why}", "第 {byte} 字节处:{why:#}");
            let mistakes = vec![Diagnostic::nowhere(Code::Syntax, message)];
            ReadError::Invalid { source_file: source.clone(), mistakes }
        };
        let model = file.model().map_err(invalid)?;
        Ok(Self { source, file: Arc::new(file), model })
    }

    /// What the network calls itself, if that says anything.
    pub fn name(&self) -> Option<&str> {
        let name = self.model.graph.name.as_str();
        let says_nothing = ["", "main_graph", "main", "graph", "torch_jit", "torch-jit-export", "model"];
        (!says_nothing.contains(&name)).then_some(name)
    }

    /// The other files in which its weights lie, as far as they may be read.
    pub fn weight_files(&self) -> impl Iterator<Item = PathBuf> {
        elsewhere::locations(&self.model).into_iter().filter_map(|location| self.file.place(location).ok())
    }

    /// Passes on all bytes of the file, a few at a time.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn copy_to(&self, to: &mut impl Write) -> Result<(), Text> {
        self.file.copy_to(to)
    }

    /// Makes the network at these sizes of its inputs.
    ///
    /// # Errors
    /// If sizes are missing or do not fit, or the file contradicts itself: with the node.
    pub fn expand(&self, sizes: &Sizes) -> Result<Network, ReadError> {
        self.expanded(sizes).map_err(|mistake| self.invalid(mistake))
    }

    /// The operators of the file in its order, and what becomes of each at these sizes of its inputs. One that has bodies, or is a
    /// function of the file, is one of them, and those inside are not.
    ///
    /// # Errors
    /// The same.
    pub fn operators(&self, sizes: &Sizes) -> Result<Vec<Listed>, ReadError> {
        let mut scope = Scope::new(None);
        self.drafted(sizes, &mut scope)
            .and_then(|(importer, ends)| listed::list(importer, &self.model, &ends, &scope))
            .map_err(|mistake| self.invalid(mistake))
    }

    fn invalid(&self, mistake: mistake::Mistake) -> ReadError {
        ReadError::Invalid { source_file: self.source.clone(), mistakes: vec![mistake.diagnostic()] }
    }

    fn expanded(&self, sizes: &Sizes) -> Result<Network, mistake::Mistake> {
        let (mut importer, ends) = self.drafted(sizes, &mut Scope::new(None))?;
        let remarks = std::mem::take(&mut importer.remarks);
        let mut symbols: Vec<_> = importer.symbols.drain().collect();
        symbols.sort_unstable();
        let finished = finish::finish(importer, &self.model, &ends)?;
        let params = symbols
            .into_iter()
            .map(|(name, size)| (name, Parameter::Number(Rational::from(i128::from(size)))));
        let (graph, weights) = Weights::of(finished, self.file.clone());
        Ok(Network {
            graph,
            params: params.collect(),
            weights: Some(weights),
            letters: Letters::default(),
            warnings: remarks.into_iter().map(|remark| remark.diagnostic().warning()).collect(),
        })
    }

    /// The draft of the network with its outputs, where the names of the file stand for what is in `scope` then.
    fn drafted<'m>(
        &'m self,
        sizes: &Sizes,
        scope: &mut Scope<'_, 'm>,
    ) -> Result<Drafted<'m>, mistake::Mistake> {
        let mut importer = Importer::new(&self.model, &self.file);
        importer.remarks.extend(versions::remark(&self.model));
        let given = inputs(&mut importer, &self.model.graph, sizes)?;
        let outputs = importer.network(&self.model, given, scope)?;
        let mut made = vec![];
        for (name, value) in &outputs {
            match importer.output(value) {
                Ok(tensor) => made.push((*name, tensor)),
                Err(refusal) => {
                    let name = wire::shown(name);
                    importer.remark(mistake::Mistake::nowhere(match refusal {
                        Refusal::Wrong(why) | Refusal::Unsupported(why) => {
                            text!("the output `{name}` is not known: {why}", "输出 `{name}` 未知:{why:#}")
                        }
                        Refusal::Lost => {
                            text!("nothing is known of the output `{name}`", "对输出 `{name}` 一无所知")
                        }
                    }));
                }
            }
        }
        if made.is_empty() {
            let nothing =
                || mistake::Mistake::nowhere(text!("the network has no output", "网络没有任何输出"));
            // The first that an operator is the reason of, or else what is said of an output.
            let first = importer.remarks.iter().position(mistake::Mistake::is_of_a_node);
            let why =
                first.map(|first| importer.remarks.swap_remove(first)).or_else(|| importer.remarks.pop());
            return Err(why.unwrap_or_else(nothing));
        }
        let ends: Vec<_> = made.iter().map(|(_, tensor)| tensor.id).collect();
        patterns::recognize(&mut importer.draft, &importer.table, &ends);
        Ok((importer, made))
    }
}

/// The draft of a network, and its outputs by the names of the file.
type Drafted<'m> = (Importer<'m>, Vec<(&'m str, Tensor)>);
