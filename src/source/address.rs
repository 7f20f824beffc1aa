//! Where what is named comes from, as its name tells before anything is opened.

use std::path::Path;

use crate::text;
use crate::text::Text;

/// Where a model comes from, or whatever else is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// From standard input.
    StandardInput,
    /// From the file of this path, whether that is there or not.
    File(String),
    /// It is bundled under this name, or nothing is called so.
    Bundled(String),
}

impl Address {
    /// Where `name` leads, and the variant behind its `@`. A file whose name has an `@` in it is that file.
    pub fn of(name: &str) -> (Self, Option<String>) {
        let (path, variant) = match name.rsplit_once('@') {
            Some((path, variant)) if !Path::new(name).exists() => (path, Some(variant.to_owned())),
            Some(_) | None => (name, None),
        };
        let is_path = path.contains(['/', '\\', '.']) || Path::new(path).exists();
        let address = match path {
            "-" => Self::StandardInput,
            _ if is_path => Self::File(path.to_owned()),
            _ => Self::Bundled(path.to_owned()),
        };
        (address, variant)
    }

    /// The file that is read; of standard input, the one that may stand behind it.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::StandardInput => Some(Path::new("/dev/stdin")),
            Self::File(path) => Some(Path::new(path)),
            Self::Bundled(_) => None,
        }
    }

    /// Whether it can be read only once: standard input, or another pipe.
    pub fn is_pipe(&self) -> bool {
        match self {
            Self::StandardInput => true,
            Self::File(path) => {
                std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
            }
            Self::Bundled(_) => false,
        }
    }

    /// Whether it is something that this process has open, which is another thing to another process.
    pub fn is_open(&self) -> bool {
        match self {
            Self::StandardInput | Self::Bundled(_) => false,
            Self::File(path) => {
                ["/dev/fd", "/dev/stdin", "/proc"].iter().any(|root| Path::new(path).starts_with(root))
            }
        }
    }
}

/// Refuses names of which two lead to the same thing that can be read only once; the error says which.
pub fn read_once(names: &[impl AsRef<str>]) -> Result<(), Text> {
    let mut seen = vec![];
    for (address, _) in names.iter().map(|name| Address::of(name.as_ref())) {
        let path = match &address {
            Address::File(path) if !["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].contains(&&**path) => {
                Some(path.clone())
            }
            Address::StandardInput | Address::File(_) => None,
            Address::Bundled(_) => continue,
        };
        if !address.is_pipe() {
            continue;
        }
        if seen.contains(&path) {
            return Err(match path {
                Some(path) => text!("`{path}` can be read only once", "`{path}` 只能读取一次"),
                None => text!("standard input can be read only once", "标准输入只能读取一次"),
            });
        }
        seen.push(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_where_it_leads() {
        let bundled = |name: &str| Address::Bundled(name.to_owned());
        let file = |path: &str| Address::File(path.to_owned());
        assert_eq!(Address::of("resnet50"), (bundled("resnet50"), None));
        assert_eq!(Address::of("resnet50@v1"), (bundled("resnet50"), Some("v1".to_owned())));
        assert_eq!(Address::of("nets/a.toml@*"), (file("nets/a.toml"), Some("*".to_owned())));
        assert_eq!(Address::of("Cargo.toml"), (file("Cargo.toml"), None));
        assert_eq!(Address::of("src"), (file("src"), None));
        assert_eq!(Address::of("-"), (Address::StandardInput, None));
        assert_eq!(Address::of("-@wide"), (Address::StandardInput, Some("wide".to_owned())));
    }

    #[test]
    fn what_can_be_read_only_once_is_named_once() {
        assert_eq!(read_once(&["resnet50", "resnet50", "Cargo.toml", "Cargo.toml", "-"]), Ok(()));
        assert!(read_once(&["-", "resnet50", "-@wide"]).is_err());
    }
}
