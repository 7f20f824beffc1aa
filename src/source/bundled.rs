//! What comes with cnncost, by name, or what was meant by a name that it has not.

use crate::error::{ReadError, meant, nearest};
use crate::read::bundled::{self, BLOCKS, Bundled, CLAIMS};
use crate::text;

/// The text of what is bundled under `name`: a description, a file of claims, or one of blocks, with or without its ending as
/// descriptions include it. The error says what was probably meant.
pub fn text(name: &str) -> Result<&'static str, ReadError> {
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    let blocks = BLOCKS.iter().find(|file| file.name == stem);
    let other = blocks.or_else(|| CLAIMS.iter().find(|file| file.name == name));
    other.map_or_else(|| find(name).map(|(file, _)| file.text), |file| Ok(file.text))
}

/// The description that is bundled under `name`, and the variant that this is the name of, if it is one.
pub(super) fn find(name: &str) -> Result<(&'static Bundled, Option<String>), ReadError> {
    bundled::find(name).ok_or_else(|| {
        let why = text!(
            "there is no such file, and no bundled network of that name",
            "没有这个文件,也没有同名的内置网络"
        );
        if BLOCKS.iter().any(|file| file.name == name) {
            let why = text!("it holds blocks, and no network", "其中是块,没有网络");
            let help = text!(
                "a description takes them with `include = [\"{name}.toml\"]`; `cnncost models {name}` prints them",
                "描述文件用 `include = [\"{name}.toml\"]` 包含它们;`cnncost models {name}` 会输出它们"
            );
            return ReadError::Unreadable { name: name.to_owned(), why, help: Some(help) };
        }
        let others = CLAIMS.iter().chain(BLOCKS).map(|file| file.name);
        let help = match bundled::nearest(name).or_else(|| nearest(name, others).map(str::to_owned)) {
            Some(near) => meant(&near),
            None => text!("`cnncost models` lists the bundled networks", "`cnncost models` 列出内置网络"),
        };
        ReadError::Unreadable { name: name.to_owned(), why, help: Some(help) }
    })
}
