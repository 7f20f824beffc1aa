//! What tells one file from another: found only where somebody asks for it, since a file may have gigabytes.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use sha2::{Digest as _, Sha256};

use crate::error::Source;
use crate::read::onnx::Onnx;

/// SHA-256 of what a network was read from, in hexadecimal. It reads as text, and is found when it is first read.
#[derive(Clone)]
pub struct Digest(Arc<LazyLock<String, Box<dyn FnOnce() -> String + Send>>>);

impl Digest {
    fn found(find: impl FnOnce() -> String + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(find))))
    }

    /// That of a text. Where it includes others, it is that of the digests of all files, one behind another in the order in which
    /// they are named.
    pub fn of_text(source: Arc<Source>) -> Self {
        Self::found(move || {
            let mut digests = source.files().map(|(_, text)| Sha256::digest(text.as_bytes()));
            let digest = match (digests.next(), digests.next()) {
                (Some(only), None) => only,
                (first, second) => {
                    let all = first.into_iter().chain(second).chain(digests);
                    all.fold(Sha256::new(), Sha256::chain_update).finalize()
                }
            };
            hexadecimal(&digest)
        })
    }

    /// That of an ONNX file, without those that its weights may lie in; empty if it cannot be read to its end.
    pub fn of_onnx(onnx: Arc<Onnx>) -> Self {
        Self::found(move || {
            let mut hasher = Sha256::new();
            onnx.copy_to(&mut hasher).map_or(String::new(), |()| hexadecimal(&hasher.finalize()))
        })
    }
}

impl From<String> for Digest {
    fn from(digest: String) -> Self {
        Self::found(move || digest)
    }
}

impl Default for Digest {
    fn default() -> Self {
        String::new().into()
    }
}

impl Deref for Digest {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Digest {
    /// Without finding it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Digest").finish_non_exhaustive()
    }
}

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn it_is_found_once_and_only_where_somebody_asks() {
        let asked = Arc::new(AtomicU32::new(0));
        let counter = asked.clone();
        let digest = Digest::found(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            "0123".to_owned()
        });
        let other = digest.clone();
        assert_eq!((format!("{digest:?}").as_str(), asked.load(Ordering::Relaxed)), ("Digest(..)", 0));
        assert_eq!((&*digest, &*other, asked.load(Ordering::Relaxed)), ("0123", "0123", 1));
    }

    /// Of nothing and of `abc`, as FIPS 180-2 has them.
    #[test]
    fn it_is_that_of_the_text() {
        let digest = |text: &str| Digest::of_text(Arc::new(Source::new("net.toml", text))).to_string();
        assert_eq!(digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
