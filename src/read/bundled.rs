//! The networks that come with cnncost, by name.

use super::Description;
use crate::error;

/// A file that comes with cnncost.
#[derive(Debug)]
pub struct Bundled {
    /// The file's name, without its ending.
    pub name: &'static str,
    /// Its title in Chinese; in the file it stands in English.
    pub chinese: &'static str,
    /// The file's text.
    pub text: &'static str,
}

/// From names and titles in Chinese: a list of files of a folder.
macro_rules! bundled {
    ($(#[$about:meta])* $list:ident in $folder:literal: $($name:literal => $chinese:literal,)*) => {
        $(#[$about])*
        pub const $list: &[Bundled] = &[$(Bundled {
            name: $name,
            chinese: $chinese,
            text: include_str!(concat!("../../models/", $folder, $name, ".toml")),
        },)*];
    };
}

bundled! {
    /// Every bundled description: the lecture's first, then the classics in the order they appeared.
    BUNDLED in "":
    "lenet_mnist" => "讲义中类似 LeNet 的 MNIST 网络",
    "bottleneck" => "讲义中的 5×5 卷积:直接做,或先经过 1×1 卷积",
    "inception" => "讲义中的 Inception 模块",
    "inception_mnist" => "讲义中用于 MNIST 的 Inception 网络",
    "residual_mnist" => "讲义中用于 MNIST 的残差网络",
    "identity_mapping" => "He 等 2016 的各种捷径,用于讲义中的残差网络",
    "lenet5_1998" => "LeNet-5,按原论文",
    "lenet5" => "LeNet-5,按如今的理解",
    "alexnet" => "AlexNet",
    "nin" => "Network in Network",
    "vgg" => "VGG(Simonyan 与 Zisserman 2015,表 1)",
    "googlenet" => "GoogLeNet(Szegedy 等 2015,表 1)",
    "unet" => "U-Net(Ronneberger 等 2015,图 1)",
    "unet_same" => "U-Net,填充后尺寸不变",
    "resnet" => "ResNet(He 等 2016,表 1)",
    "resnet_cifar" => "用于 CIFAR-10 的 ResNet(He 等 2016,4.2 节)",
    "googlenet_bn" => "带批归一化的 GoogLeNet,同 torchvision",
    "inception_v3" => "Inception v3(Szegedy 等 2016)",
    "squeezenet" => "SqueezeNet(Iandola 等 2016,表 1)",
    "wavenet" => "WaveNet(van den Oord 等 2016,图 4)",
    "densenet" => "DenseNet(Huang 等 2017,表 1)",
    "densenet_cifar" => "用于 CIFAR-10 的 DenseNet(Huang 等 2017,表 2)",
    "resnext" => "ResNeXt(Xie 等 2017,表 1)与 Wide ResNet(Zagoruyko 与 Komodakis 2016)",
    "mobilenet_v1" => "MobileNet(Howard 等 2017,表 1)",
    "retinanet" => "RetinaNet(Lin 等 2017)",
    "deeplab" => "DeepLabv3 与 DeepLabv3+(Chen 等 2017、2018)",
    "se_resnet" => "SE-ResNet(Hu 等 2018,表 1)",
    "mobilenet_v2" => "MobileNetV2(Sandler 等 2018,表 2)",
    "shufflenet_v2" => "ShuffleNet V2(Ma 等 2018,表 5)",
    "unetpp" => "UNet++(Zhou 等 2018,图 1)",
    "mnasnet" => "MNASNet-B1(Tan 等 2019)",
    "mobilenet_v3" => "MobileNetV3(Howard 等 2019,表 1 与表 2)",
    "efficientnet" => "EfficientNet(Tan 与 Le 2019,表 1)",
    "mixnet" => "MixNet-S(Tan 与 Le 2019)",
    "hrnet" => "用于分类的 HRNet(Wang 等 2019)",
    "regnet" => "RegNet(Radosavovic 等 2020)",
    "resnest" => "ResNeSt(Zhang 等 2020)",
    "vit" => "Vision Transformer(Dosovitskiy 等 2021)",
    "swin" => "Swin Transformer(Liu 等 2021)",
    "efficientnet_v2" => "EfficientNetV2(Tan 与 Le 2021,表 4)",
    "convnext" => "ConvNeXt(Liu 等 2022,第 3 节)",
    "mobilevit" => "MobileViT(Mehta 与 Rastegari 2022,图 1b)",
    "pvt_v2" => "Pyramid Vision Transformer v2(Wang 等 2022,表 1)",
}

bundled! {
    /// Every bundled file of claims.
    CLAIMS in "claims/":
    "lecture10" => "第 10 讲:卷积网络",
    "lecture11" => "第 11 讲:GoogLeNet 与 ResNet",
    "papers" => "各论文中的数",
}

bundled! {
    /// Every bundled file of blocks, for descriptions to include.
    BLOCKS in "blocks/":
    "std" => "许多网络共用的块",
}

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

/// The names of the blocks in a file of blocks, in order.
pub fn blocks(file: &Bundled) -> Vec<String> {
    let text = format!("include = ['{}.toml']\ninput = [1]\nlayers = [{{ op = 'identity' }}]", file.name);
    let description = Description::parse("blocks.toml", &text);
    description.map_or(vec![], |description| {
        description.blocks.iter().map(|block| block.name.text.to_string()).collect()
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
