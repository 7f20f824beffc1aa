//! The networks that come with cnncost, by name.

use super::Description;
use crate::error;
use crate::text;
use crate::text::Text;

/// A file that comes with cnncost.
#[derive(Debug)]
pub struct Bundled {
    /// The file's name, without its ending.
    pub name: &'static str,
    /// What it is for.
    pub task: Task,
    /// The year of a network's paper; what the lecture has made has none.
    pub year: Option<u16>,
    /// Its title in Chinese; in the file it stands in English.
    pub chinese: &'static str,
    /// The file's text.
    pub text: &'static str,
}

/// What a bundled file is for, in the order in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// It shows how something is built.
    Teaching,
    /// It says what is in an image.
    Classification,
    /// It says of each pixel what it belongs to.
    Segmentation,
    /// It says what is where in an image.
    Detection,
    /// It says what happens in a video.
    Video,
    /// It reads text or sound.
    Sequences,
    /// It makes images or sound.
    Generation,
    /// It is no network: it says something of some.
    Claims,
    /// It is no network: it holds what others are built of.
    Blocks,
}

/// From names, tasks, years and titles in Chinese: a list of files of a folder.
macro_rules! bundled {
    ($(#[$about:meta])* $list:ident in $folder:literal: $($name:literal, $task:ident $($year:literal)? => $chinese:literal,)*) => {
        $(#[$about])*
        pub const $list: &[Bundled] = &[$(Bundled {
            name: $name,
            task: Task::$task,
            year: bundled!(@ $($year)?),
            chinese: $chinese,
            text: include_str!(concat!("../../models/", $folder, $name, ".toml")),
        },)*];
    };
    (@) => { None };
    (@ $year:literal) => { Some($year) };
}

bundled! {
    /// Every bundled network: the lecture's first, then in the order they appeared. A list for people groups them by task.
    BUNDLED in "":
    "lenet_mnist", Teaching => "讲义中类似 LeNet 的 MNIST 网络",
    "bottleneck", Teaching => "讲义中的 5×5 卷积:直接做,或先经过 1×1 卷积",
    "inception", Teaching => "讲义中的 Inception 模块",
    "inception_mnist", Teaching => "讲义中用于 MNIST 的 Inception 网络",
    "residual_mnist", Teaching => "讲义中用于 MNIST 的残差网络",
    "identity_mapping", Teaching 2016 => "He 等 2016 的各种捷径,用于讲义中的残差网络",
    "cbam", Teaching 2018 => "CBAM(Woo 等 2018,图 2)与 ECA(Wang 等 2020,图 2)",
    "lenet5_1998", Classification 1998 => "LeNet-5,按原论文",
    "lenet5", Classification 1998 => "LeNet-5,按如今的理解",
    "alexnet", Classification 2012 => "AlexNet",
    "nin", Classification 2014 => "Network in Network",
    "vae", Generation 2014 => "卷积变分自编码器(Kingma 与 Welling 2014)",
    "vgg", Classification 2015 => "VGG(Simonyan 与 Zisserman 2015,表 1)",
    "googlenet", Classification 2015 => "GoogLeNet(Szegedy 等 2015,表 1)",
    "unet", Segmentation 2015 => "U-Net(Ronneberger 等 2015,图 1)",
    "unet_same", Segmentation 2015 => "U-Net,填充后尺寸不变",
    "resnet", Classification 2016 => "ResNet(He 等 2016,表 1)",
    "resnet_cifar", Classification 2016 => "用于 CIFAR-10 的 ResNet(He 等 2016,4.2 节)",
    "googlenet_bn", Classification 2015 => "带批归一化的 GoogLeNet,同 torchvision",
    "inception_v3", Classification 2016 => "Inception v3(Szegedy 等 2016)",
    "squeezenet", Classification 2016 => "SqueezeNet(Iandola 等 2016,表 1)",
    "wavenet", Sequences 2016 => "WaveNet(van den Oord 等 2016,图 4)",
    "densenet", Classification 2017 => "DenseNet(Huang 等 2017,表 1)",
    "densenet_cifar", Classification 2017 => "用于 CIFAR-10 的 DenseNet(Huang 等 2017,表 2)",
    "resnext", Classification 2017 => "ResNeXt(Xie 等 2017,表 1)与 Wide ResNet(Zagoruyko 与 Komodakis 2016)",
    "crnn", Sequences 2017 => "CRNN(Shi 等 2017,表 1)",
    "xception", Classification 2017 => "Xception(Chollet 2017,图 5)",
    "mobilenet_v1", Classification 2017 => "MobileNet(Howard 等 2017,表 1)",
    "retinanet", Detection 2017 => "RetinaNet(Lin 等 2017)",
    "deeplab", Segmentation 2018 => "DeepLabv3 与 DeepLabv3+(Chen 等 2017、2018)",
    "se_resnet", Classification 2018 => "SE-ResNet(Hu 等 2018,表 1)",
    "r2plus1d", Video 2018 => "R(2+1)D-18(Tran 等 2018,表 1)",
    "mobilenet_v2", Classification 2018 => "MobileNetV2(Sandler 等 2018,表 2)",
    "shufflenet_v2", Classification 2018 => "ShuffleNet V2(Ma 等 2018,表 5)",
    "unetpp", Segmentation 2018 => "UNet++(Zhou 等 2018,图 1)",
    "mnasnet", Classification 2019 => "MNASNet-B1(Tan 等 2019)",
    "mobilenet_v3", Classification 2019 => "MobileNetV3(Howard 等 2019,表 1 与表 2)",
    "efficientnet", Classification 2019 => "EfficientNet(Tan 与 Le 2019,表 1)",
    "mixnet", Classification 2019 => "MixNet-S(Tan 与 Le 2019)",
    "hrnet", Classification 2019 => "用于分类的 HRNet(Wang 等 2019)",
    "regnet", Classification 2020 => "RegNet(Radosavovic 等 2020)",
    "resnest", Classification 2020 => "ResNeSt(Zhang 等 2020)",
    "cspdarknet53", Classification 2020 => "CSPDarknet53(Wang 等 2020,Bochkovskiy 等 2020)",
    "ghostnet", Classification 2020 => "GhostNet(Han 等 2020,表 1)",
    "vit", Classification 2021 => "Vision Transformer(Dosovitskiy 等 2021)",
    "swin", Classification 2021 => "Swin Transformer(Liu 等 2021)",
    "efficientnet_v2", Classification 2021 => "EfficientNetV2(Tan 与 Le 2021,表 4)",
    "repvgg", Classification 2021 => "RepVGG(Ding 等 2021,表 2 与表 3)",
    "convnext", Classification 2022 => "ConvNeXt(Liu 等 2022,第 3 节)",
    "mobilevit", Classification 2022 => "MobileViT(Mehta 与 Rastegari 2022,图 1b)",
    "pvt_v2", Classification 2022 => "Pyramid Vision Transformer v2(Wang 等 2022,表 1)",
    "convnextv2", Classification 2023 => "ConvNeXt V2(Woo 等 2023,第 3 节)",
    "yolov8", Detection 2023 => "YOLOv8(Jocher 等 2023)",
    "mobilenetv4", Classification 2024 => "MobileNetV4(Qin 等 2024,附录 D 各表)",
}

bundled! {
    /// Every bundled file of claims.
    CLAIMS in "claims/":
    "lecture10", Claims => "第 10 讲:卷积网络",
    "lecture11", Claims => "第 11 讲:GoogLeNet 与 ResNet",
    "papers", Claims => "各论文中的数",
}

bundled! {
    /// Every bundled file of blocks, for descriptions to include.
    BLOCKS in "blocks/":
    "std", Blocks => "许多网络共用的块",
}

impl Task {
    /// What data formats call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Teaching => "teaching",
            Self::Classification => "classification",
            Self::Segmentation => "segmentation",
            Self::Detection => "detection",
            Self::Video => "video",
            Self::Sequences => "sequences",
            Self::Generation => "generation",
            Self::Claims => "claims",
            Self::Blocks => "blocks",
        }
    }

    /// What people call it.
    pub fn words(self) -> Text {
        match self {
            Self::Teaching => text!("for teaching", "教学示例"),
            Self::Classification => text!("image classification", "图像分类"),
            Self::Segmentation => text!("image segmentation", "图像分割"),
            Self::Detection => text!("object detection", "目标检测"),
            Self::Video => text!("video classification", "视频分类"),
            Self::Sequences => text!("sequences", "序列识别"),
            Self::Generation => text!("generation", "生成"),
            Self::Claims => text!("claims, for `cnncost check`", "论断,用于 `cnncost check`"),
            Self::Blocks => text!("blocks, for `include`", "块,用于 `include`"),
        }
    }
}

/// Every bundled network, by task and year.
pub fn by_task() -> Vec<&'static Bundled> {
    let mut networks: Vec<_> = BUNDLED.iter().collect();
    networks.sort_by_key(|network| (network.task, network.year));
    networks
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
