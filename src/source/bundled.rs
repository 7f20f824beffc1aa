//! What comes with cnncost, by name, or what was meant by a name that it has not.

use crate::error::{ReadError, meant, nearest};
use crate::read::bundled::{self, Bundled, CLAIMS};
use crate::text;

/// The text of what is bundled under `name`: a description, or a file of claims. The error says what was probably meant.
pub fn text(name: &str) -> Result<&'static str, ReadError> {
    let claims = CLAIMS.iter().find(|file| file.name == name);
    claims.map_or_else(|| find(name).map(|(file, _)| file.text), |file| Ok(file.text))
}

/// The description that is bundled under `name`, and the variant that this is the name of, if it is one.
pub(super) fn find(name: &str) -> Result<(&'static Bundled, Option<String>), ReadError> {
    bundled::find(name).ok_or_else(|| {
        let why = text!(
            "there is no such file, and no bundled network of that name",
            "没有这个文件,也没有同名的内置网络"
        );
        let of_claims = || nearest(name, CLAIMS.iter().map(|file| file.name)).map(str::to_owned);
        let help = match bundled::nearest(name).or_else(of_claims) {
            Some(near) => meant(&near),
            None => text!("`cnncost models` lists the bundled networks", "`cnncost models` 列出内置网络"),
        };
        ReadError::Unreadable { name: name.to_owned(), why, help: Some(help) }
    })
}
