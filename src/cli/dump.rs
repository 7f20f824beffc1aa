//! The output of every node, as files in a directory.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files;
use crate::file::{Outputs, is_parts};
use crate::graph::{Graph, NodeId};
use crate::run::{RunError, io_error, npy};
use crate::text;
use crate::text::Text;

/// What a directory that is ours has in it: which file is which node's.
const INDEX: &str = "cnncost-dump.json";

/// Bytes of an index that are read: those of more nodes than a network has.
const MOST_BYTES: u64 = 1 << 30;

/// A directory that is being filled, among the outputs of a command.
pub(super) struct Dump<'p> {
    directory: &'p Path,
    /// Directories that were not there, from the inside out.
    made: Vec<PathBuf>,
    /// Files of an earlier dump, which go when the new one is there.
    old: Vec<PathBuf>,
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
    /// Makes the directory, or finds an earlier dump in it, and nothing else.
    pub(super) fn prepare(directory: &'p Path) -> Result<Self, RunError> {
        let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        let made = directory.ancestors().take_while(is_missing).map(Path::to_owned).collect();
        let mut dump = Self { directory, made, old: vec![], listed: vec![], failure: None };
        let unusable = |error: io::Error| failed(directory, io_error(&error));
        fs::create_dir_all(directory).map_err(unusable)?;
        let old = earlier(directory)?;
        for entry in fs::read_dir(directory).map_err(unusable)? {
            let entry = entry.map_err(unusable)?;
            let name = entry.file_name();
            let is_old = name.to_str().is_some_and(|name| old.contains(name))
                && entry.file_type().is_ok_and(|kind| kind.is_file());
            if !is_old && !is_parts(&name) {
                let why = text!(
                    "there are other files in it; give a directory that is empty or new",
                    "其中有其他文件;请给出空目录或新目录"
                );
                return Err(failed(directory, why));
            }
        }
        dump.old.extend(old.iter().map(|name| directory.join(name)));
        for path in &dump.old {
            files::may_write(path).map_err(|(why, _)| failed(directory, why))?;
        }
        Ok(dump)
    }

    /// Writes the output of a node; what goes wrong is kept for [`finish`](Self::finish).
    pub(super) fn write(&mut self, outputs: &mut Outputs, graph: &Graph, id: NodeId, tensor: &Tensor) {
        let path = graph.path(id);
        let file = file_name(id.index(), &path);
        if self.failure.is_none() {
            self.failure = npy::write(outputs, &self.directory.join(&file), tensor).err();
        }
        self.listed.push(Listed { path, file, shape: tensor.dims().to_vec() });
    }

    /// Writes which file is which node's, in the place of an earlier dump.
    pub(super) fn finish(&mut self, outputs: &mut Outputs) -> Result<(), RunError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        self.old.iter().for_each(|old| outputs.remove(old));
        let text = serde_json::to_string_pretty(&self.listed).expect("names and sizes are JSON");
        let index = self.directory.join(INDEX);
        let written = outputs.write(&index, |part| fs::write(part, text + "\n"));
        written.map_err(|error| RunError::unwritten(&index, &error))
    }
}

impl Drop for Dump<'_> {
    fn drop(&mut self) {
        for directory in &self.made {
            // Only one that is empty can be.
            let _ = fs::remove_dir(directory);
        }
    }
}

/// The files of an earlier dump, its index included: only those that are called as [`file_name`] has it, whatever the index
/// says.
fn earlier(directory: &Path) -> Result<BTreeSet<String>, RunError> {
    let index = directory.join(INDEX);
    match fs::symlink_metadata(&index) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Ok(BTreeSet::new()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(failed(directory, io_error(&error))),
    }
    let file = File::open(&index).map_err(|error| failed(directory, io_error(&error)))?;
    let old: Vec<Listed> =
        serde_json::from_reader(BufReader::new(file.take(MOST_BYTES))).map_err(|error| {
            failed(directory, text!("its {INDEX} is not understood: {error}", "无法理解其 {INDEX}:{error}"))
        })?;
    let is_ours = |listed: &Listed| {
        let number = listed.file.split('_').next().and_then(|number| number.parse().ok());
        number.is_some_and(|number| file_name(number, &listed.path) == listed.file)
    };
    let names = old.into_iter().filter(is_ours).map(|listed| listed.file);
    Ok(names.chain([INDEX.to_owned()]).collect())
}

fn failed(directory: &Path, why: Text) -> RunError {
    RunError::File { name: directory.display().to_string(), why }
}

/// What the file of a node is called: its number keeps the order, and apart what differs in a slash only. Of a path that is too
/// long for a name it has the end, behind a digest of all of it.
fn file_name(number: usize, path: &str) -> String {
    /// Bytes of a name, on any usual file system.
    const LONGEST: usize = 255;
    const DIGITS: usize = 16;
    let name = path.replace('/', "__");
    let room = LONGEST - format!("{number:04}_.npy").len();
    if name.len() <= room {
        return format!("{number:04}_{name}.npy");
    }
    let digest: String = Sha256::digest(path).iter().map(|byte| format!("{byte:02x}")).collect();
    let least = name.len() - (room - DIGITS - 1);
    let end = (least..name.len()).find_map(|start| name.get(start..)).unwrap_or_default();
    format!("{number:04}_{}~{end}.npy", &digest[..DIGITS])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_enough_and_differ() {
        assert_eq!(file_name(3, "layer1/0/conv"), "0003_layer1__0__conv.npy");
        let whole = "x".repeat(246);
        assert_eq!(file_name(3, &whole), format!("0003_{whole}.npy"));
        for (one, other) in [("a", "b"), ("层", "卷")] {
            let [one, other] =
                [one, other].map(|first| file_name(12_345, &(first.to_owned() + &"层".repeat(100))));
            assert!(one.len() <= 255 && one.len() > 250 && one.ends_with("层.npy"), "{one}");
            assert_ne!(one, other);
        }
    }
}
