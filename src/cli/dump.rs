//! The output of every node, as files in a directory.

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::files;
use crate::graph::{Graph, NodeId};
use crate::run::{RunError, io_error, npy};
use crate::text;
use crate::text::Text;

/// What a directory that is ours has in it: which file is which node's.
const INDEX: &str = "cnncost-dump.json";

/// A directory that is being filled.
pub(super) struct Dump<'p> {
    directory: &'p Path,
    listed: Vec<Listed>,
    failure: Option<RunError>,
}

#[derive(Serialize, Deserialize)]
struct Listed {
    path: String,
    file: String,
    shape: Vec<usize>,
}

impl<'p> Dump<'p> {
    /// Makes the directory, or empties it if it is one of ours.
    pub(super) fn prepare(directory: &'p Path) -> Result<Self, RunError> {
        let dump = Self { directory, listed: vec![], failure: None };
        fs::create_dir_all(directory).map_err(|error| dump.failed(io_error(&error)))?;
        let index = directory.join(INDEX);
        if let Ok(text) = fs::read_to_string(&index) {
            let old: Vec<Listed> = serde_json::from_str(&text).unwrap_or_default();
            // Only what `write` may have written, whatever an index says.
            let names = old.iter().map(|listed| &listed.file).filter(|file| is_plain(file));
            let paths: Vec<PathBuf> = names.map(|name| directory.join(name)).collect();
            for path in paths.iter().chain([&index]) {
                files::may_write(path).map_err(|(why, _)| dump.failed(why))?;
            }
            for path in paths {
                let _ = fs::remove_file(path);
            }
            fs::remove_file(&index).map_err(|error| dump.failed(io_error(&error)))?;
        }
        let mut rest = fs::read_dir(directory).map_err(|error| dump.failed(io_error(&error)))?;
        if rest.next().is_some() {
            return Err(dump.failed(text!(
                "there are other files in it; give a directory that is empty or new",
                "其中有其他文件;请给出空目录或新目录"
            )));
        }
        Ok(dump)
    }

    /// Writes the output of a node; what goes wrong is kept for [`finish`](Self::finish).
    pub(super) fn write(&mut self, graph: &Graph, id: NodeId, tensor: &Tensor) {
        let path = graph.path(id);
        // The number keeps the order, and apart what differs in a slash only.
        let file = format!("{:04}_{}.npy", id.index(), path.replace('/', "__"));
        if self.failure.is_none() {
            self.failure = npy::write(&self.directory.join(&file), tensor).err();
        }
        self.listed.push(Listed { path, file, shape: tensor.dims().to_vec() });
    }

    /// Removes what is written, after a failure: half of it is of no use, and would be in the way of the next.
    pub(super) fn discard(self) {
        for listed in &self.listed {
            let _ = fs::remove_file(self.directory.join(&listed.file));
        }
    }

    /// Writes which file is which node's.
    pub(super) fn finish(mut self) -> Result<(), RunError> {
        if let Some(failure) = self.failure.take() {
            self.discard();
            return Err(failure);
        }
        let text = serde_json::to_string_pretty(&self.listed).expect("names and sizes are JSON");
        let written = fs::write(self.directory.join(INDEX), text + "\n");
        written.map_err(|error| self.failed(io_error(&error)))
    }

    fn failed(&self, why: Text) -> RunError {
        RunError::File { name: self.directory.display().to_string(), why }
    }
}

fn is_plain(file: &str) -> bool {
    let is_npy = Path::new(file).extension().is_some_and(|extension| extension == "npy");
    is_npy && PathBuf::from(file).file_name().is_some_and(|name| name == file)
}
