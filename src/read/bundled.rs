//! The networks that come with cnncost, by name.

use super::Description;
use crate::error;

/// A description that comes with cnncost.
#[derive(Debug)]
pub struct Bundled {
    /// The file's name, without its ending.
    pub name: &'static str,
    /// The file's text.
    pub text: &'static str,
}

macro_rules! bundled {
    ($($name:literal),* $(,)?) => {
        /// Every bundled description: the lecture's first, then the classics in the order they appeared.
        pub const BUNDLED: &[Bundled] =
            &[$(Bundled { name: $name, text: include_str!(concat!("../../models/", $name, ".toml")) },)*];
    };
}

bundled! {
    "lenet_mnist", "bottleneck", "inception", "inception_mnist", "residual_mnist", "identity_mapping",
    "lenet5_1998", "lenet5", "alexnet", "nin", "vgg", "googlenet", "unet", "unet_same", "resnet", "resnet_cifar",
    "googlenet_bn", "inception_v3",
    "squeezenet", "densenet", "densenet_cifar", "resnext", "mobilenet_v1", "se_resnet", "mobilenet_v2",
    "shufflenet_v2", "mnasnet", "mobilenet_v3", "efficientnet", "regnet", "vit", "swin", "efficientnet_v2",
    "convnext",
}

macro_rules! claims {
    ($($name:literal),* $(,)?) => {
        /// Every bundled file of claims.
        pub const CLAIMS: &[Bundled] =
            &[$(Bundled { name: $name, text: include_str!(concat!("../../models/claims/", $name, ".toml")) },)*];
    };
}

claims! { "lecture10", "lecture11", "papers" }

/// The bundled description called `name`, or the one that has a variant of that name, with that.
pub fn find(name: &str) -> Option<(&'static Bundled, Option<String>)> {
    if let Some(file) = BUNDLED.iter().find(|file| file.name == name) {
        // A variant that is called like its file is what the file's name means.
        return Some((file, None));
    }
    let quoted = format!("\"{name}\"");
    let mentioning = BUNDLED.iter().filter(|file| file.text.contains(&quoted));
    mentioning.into_iter().find_map(|file| {
        let variants = variants(file);
        variants.iter().any(|variant| variant == name).then(|| (file, Some(name.to_owned())))
    })
}

/// The names of a file's variants.
pub fn variants(file: &Bundled) -> Vec<String> {
    let description = Description::parse(file.name, file.text);
    description.map_or(vec![], |description| {
        description.variants.iter().map(|variant| variant.name.text.to_string()).collect()
    })
}

/// The name of a file or variant that is nearest to `name`, if one is near.
pub fn nearest(name: &str) -> Option<String> {
    let names: Vec<_> =
        BUNDLED.iter().flat_map(|file| variants(file).into_iter().chain([file.name.to_owned()])).collect();
    let plain =
        |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let wanted = plain(name);
    let near = error::nearest(name, names.iter().map(String::as_str))?;
    // Names that differ in their number alone: the nearest number.
    let parts = |name: &str| {
        let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
        Some((letters.to_owned(), name[letters.len()..].parse::<u64>().ok()?))
    };
    let numbered = parts(&wanted).and_then(|(letters, number)| {
        let alike = names.iter().filter_map(|name| Some((name, parts(&plain(name))?)));
        let alike = alike.filter(|(_, (other, _))| *other == letters);
        alike.min_by_key(|(_, (_, other))| other.abs_diff(number)).map(|(name, _)| name.clone())
    });
    let same = names.iter().find(|name| plain(name) == wanted).cloned();
    Some(same.or(numbered).unwrap_or_else(|| near.to_owned()))
}
