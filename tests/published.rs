//! Parameters and MACs of the bundled networks against figures from elsewhere: papers, and an independent count of
//! torchvision's networks from the shapes of their tensors.

use cnncost::counts::Macs;
use cnncost::read::bundled;
use cnncost::read::{Description, Options};

/// A network, its parameters and MACs, and where these are from.
struct Figure(&'static str, u128, u128, &'static str);

const LECTURE: &str = "the lecture's network, counted by fvcore and thop and by hand";
const HE_2016: &str = "He et al. 2016 (Identity Mappings), counted by hand for the lecture's network";
const TORCHVISION: &str = "torchvision 0.24.1, counted from the shapes of ATen's operators on meta tensors";
const PAPER_STRIDE: &str = "He et al. 2015, Table 1 (stride on the first 1×1): 1.8, 3.6, 3.8, 7.6, 11.3 G";

const FIGURES: &[Figure] = &[
    Figure("lenet_mnist", 8_490, 467_200, LECTURE),
    Figure("inception_mnist", 97_298, 6_019_200, LECTURE),
    Figure("residual_mnist", 41_514, 2_013_184, LECTURE),
    Figure("direct", 153_632, 120_422_400, "the lecture's slide: 5²·28²·192·32"),
    Figure(
        "bottleneck",
        15_920,
        12_443_648,
        "the lecture's slide, its sum corrected: 2,408,448 + 10,035,200",
    ),
    Figure("identity", 41_514, 2_013_184, HE_2016),
    Figure("constant", 41_514, 2_013_184, HE_2016),
    Figure("dropout", 41_514, 2_013_184, HE_2016),
    Figure("pre_activation", 41_514, 2_013_184, HE_2016),
    Figure("conv", 42_842, 2_066_432, HE_2016),
    Figure("exclusive_gate", 42_842, 2_066_432, HE_2016),
    Figure("shortcut_gate", 42_842, 2_066_432, HE_2016),
    Figure("lenet5", 61_706, 416_520, "LeCun et al. 1998 as it is read today, counted by hand"),
    Figure("alexnet", 61_100_840, 714_188_480, TORCHVISION),
    Figure(
        "alexnet_2012",
        60_965_224,
        724_406_816,
        "Krizhevsky et al. 2012: 60 M parameters; convnet-burden: 727 M",
    ),
    Figure("nin", 7_595_176, 1_100_188_800, "Lin et al. 2014 as in the Caffe model zoo: 29 MiB"),
    Figure(
        "nin_cifar10",
        966_986,
        222_486_528,
        "parameters: osmr/imgclsmob; MACs: 32²·60,480 + 16²·534,528 + 8²·370,560",
    ),
    Figure("vgg11", 132_863_336, 7_609_090_048, TORCHVISION),
    Figure("vgg13", 133_047_848, 11_308_466_176, TORCHVISION),
    Figure("vgg16", 138_357_544, 15_470_264_320, TORCHVISION),
    Figure("vgg19", 143_667_240, 19_632_062_464, TORCHVISION),
    Figure("vgg11_bn", 132_868_840, 7_609_090_048, TORCHVISION),
    Figure(
        "vgg13_bn",
        133_053_736,
        11_308_466_176,
        "vgg13, and two parameters for each of its 2,944 channels",
    ),
    Figure("vgg16_bn", 138_365_992, 15_470_264_320, TORCHVISION),
    Figure("vgg19_bn", 143_678_248, 19_632_062_464, TORCHVISION),
    Figure("googlenet", 6_998_552, 1_582_671_872, "Szegedy et al. 2015, Table 1, counted by two tools"),
    Figure(
        "googlenet_aux",
        13_378_280,
        1_591_044_096,
        "the same with both auxiliary heads: 3,188,840 + 3,190,888 more",
    ),
    Figure("resnet18", 11_689_512, 1_814_073_344, TORCHVISION),
    Figure("resnet34", 21_797_672, 3_663_761_408, TORCHVISION),
    Figure("resnet50", 25_557_032, 4_089_184_256, TORCHVISION),
    Figure("resnet101", 44_549_160, 7_801_405_440, TORCHVISION),
    Figure("resnet152", 60_192_808, 11_513_626_624, TORCHVISION),
    Figure("resnet18_v1", 11_689_512, 1_814_073_344, PAPER_STRIDE),
    Figure("resnet34_v1", 21_797_672, 3_663_761_408, PAPER_STRIDE),
    Figure("resnet50_v1", 25_557_032, 3_857_973_248, PAPER_STRIDE),
    Figure("resnet101_v1", 44_549_160, 7_570_194_432, PAPER_STRIDE),
    Figure("resnet152_v1", 60_192_808, 11_282_415_616, PAPER_STRIDE),
    Figure("squeezenet1_0", 1_248_424, 818_924_576, TORCHVISION),
    Figure("squeezenet1_1", 1_235_496, 349_151_936, TORCHVISION),
    Figure("densenet121", 7_978_856, 2_834_161_664, TORCHVISION),
    Figure("densenet161", 28_681_000, 7_727_907_072, "torchvision 0.24.1, parameters also in osmr/imgclsmob"),
    Figure("densenet169", 14_149_480, 3_359_843_328, TORCHVISION),
    Figure("densenet201", 20_013_928, 4_291_365_888, TORCHVISION),
    Figure("mobilenet_v2", 3_504_872, 300_774_272, TORCHVISION),
    Figure(
        "mobilenet_v2_1_4",
        6_108_776,
        582_195_824,
        "Sandler et al. 2018, Table 4: 585 M MACs; exact figures: computed with PyTorch",
    ),
    Figure("mobilenet_v3_large", 5_483_032, 216_589_760, TORCHVISION),
    Figure("mobilenet_v3_small", 2_542_856, 56_510_400, TORCHVISION),
    Figure("resnext50_32x4d", 25_028_904, 4_230_479_872, TORCHVISION),
    Figure("resnext101_32x8d", 88_791_336, 16_414_015_488, TORCHVISION),
    Figure(
        "resnext101_64x4d",
        83_455_272,
        15_460_270_080,
        "torchvision's documentation: 83,455,272 and 15.46 G",
    ),
    Figure("wide_resnet50_2", 68_883_240, 11_398_021_120, TORCHVISION),
    Figure(
        "wide_resnet101_2",
        126_886_696,
        22_753_050_624,
        "torchvision's documentation: 126,886,696 and 22.75 G",
    ),
    Figure("mnasnet0_5", 2_218_512, 104_455_968, TORCHVISION),
    Figure("mnasnet0_75", 3_170_208, 215_493_104, "torchvision's documentation: 3,170,208 and 0.21 G"),
    Figure("mnasnet1_0", 4_383_312, 314_415_872, TORCHVISION),
    Figure("mnasnet1_3", 6_282_256, 526_362_432, TORCHVISION),
    Figure("efficientnet_b0", 5_288_548, 385_814_752, TORCHVISION),
    Figure("efficientnet_b1", 7_794_184, 686_802_832, TORCHVISION),
    Figure(
        "efficientnet_b2",
        9_109_994,
        993_561_872,
        "Tan and Le 2019, Table 2: 9.2 M and 1.0 G; parameters: torchvision",
    ),
    Figure(
        "efficientnet_b3",
        12_233_232,
        1_827_141_392,
        "torchvision's documentation: 12,233,232 and 1.83 G",
    ),
    Figure("efficientnet_b4", 19_341_616, 4_393_771_024, TORCHVISION),
    Figure("efficientnet_b5", 30_389_784, 10_266_384_752, TORCHVISION),
    Figure(
        "efficientnet_b6",
        43_040_704,
        19_067_593_536,
        "torchvision's documentation: 43,040,704 and 19.07 G",
    ),
    Figure("efficientnet_b7", 66_347_960, 37_745_884_192, TORCHVISION),
    Figure("inception_v3", 23_834_568, 5_713_216_096, TORCHVISION),
    Figure(
        "inception_v3_aux",
        27_161_264,
        5_718_899_296,
        "torchvision, and the head's MACs: 25·(768·128 + 128·768) + 768·1000",
    ),
    Figure("googlenet_bn", 6_624_904, 1_498_376_192, TORCHVISION),
    Figure(
        "googlenet_bn_aux",
        13_004_888,
        1_506_748_416,
        "torchvision, and the heads' MACs: 4,169,728 + 4,202,496",
    ),
    Figure(
        "mobilenet_v1",
        4_231_976,
        568_740_352,
        "Howard et al. 2017, Table 4: 569 M MACs, 4.2 M parameters",
    ),
    Figure(
        "mobilenet_v1_0_75",
        2_585_560,
        325_400_448,
        "Howard et al. 2017, Table 6: 325 M, 2.6 M; parameters: osmr/imgclsmob",
    ),
    Figure(
        "mobilenet_v1_0_5",
        1_331_592,
        149_497_088,
        "Howard et al. 2017, Table 6: 149 M, 1.3 M; parameters: osmr/imgclsmob",
    ),
    Figure(
        "mobilenet_v1_0_25",
        470_072,
        41_030_272,
        "Howard et al. 2017, Table 6: 41 M, 0.5 M; parameters: osmr/imgclsmob",
    ),
    Figure("mobilenet_v1_192", 4_231_976, 418_121_728, "Howard et al. 2017, Table 7: 418 M, 4.2 M"),
    Figure("mobilenet_v1_160", 4_231_976, 290_675_200, "Howard et al. 2017, Table 7: 290 M, 4.2 M"),
    Figure("mobilenet_v1_128", 4_231_976, 186_400_768, "Howard et al. 2017, Table 7: 186 M, 4.2 M"),
    Figure(
        "mobilenet_v1_full",
        29_294_088,
        4_867_293_184,
        "Howard et al. 2017, Table 4: 4866 M without the linear layer's 1.024 M, 29.3 M",
    ),
    Figure("regnet_x_400mf", 5_495_976, 413_812_608, TORCHVISION),
    Figure("regnet_x_800mf", 7_259_656, 799_699_712, TORCHVISION),
    Figure("regnet_x_1_6gf", 9_190_136, 1_602_849_792, TORCHVISION),
    Figure("regnet_x_3_2gf", 15_296_552, 3_176_621_952, "torchvision's documentation: 15,296,552 and 3.18 G"),
    Figure("regnet_x_8gf", 39_572_648, 7_995_132_416, TORCHVISION),
    Figure(
        "regnet_x_16gf",
        54_278_536,
        15_940_755_456,
        "torchvision's documentation: 54,278,536 and 15.94 G",
    ),
    Figure("regnet_x_32gf", 107_811_560, 31_735_929_792, TORCHVISION),
    Figure("regnet_y_400mf", 4_344_144, 401_842_848, TORCHVISION),
    Figure("regnet_y_800mf", 6_432_512, 833_856_256, TORCHVISION),
    Figure("regnet_y_1_6gf", 11_202_430, 1_612_076_160, "torchvision's documentation: 11,202,430 and 1.61 G"),
    Figure("regnet_y_3_2gf", 19_436_338, 3_176_482_752, TORCHVISION),
    Figure("regnet_y_8gf", 39_381_472, 8_473_070_592, TORCHVISION),
    Figure(
        "regnet_y_16gf",
        83_590_140,
        15_911_510_272,
        "torchvision's documentation: 83,590,140 and 15.91 G",
    ),
    Figure("regnet_y_32gf", 145_046_770, 32_279_552_832, TORCHVISION),
    Figure("regnet_y_128gf", 644_812_894, 127_517_815_680, TORCHVISION),
    Figure("vit_b_16", 86_567_656, 17_563_828_224, TORCHVISION),
    Figure("vit_b_32", 88_224_232, 4_409_186_304, TORCHVISION),
    Figure("vit_l_16", 304_326_632, 61_554_712_576, TORCHVISION),
    Figure("vit_l_32", 306_535_400, 15_377_539_072, TORCHVISION),
    Figure("vit_h_14", 632_045_800, 167_295_109_120, TORCHVISION),
    Figure("swin_t", 28_288_354, 4_490_566_656, TORCHVISION),
    Figure("swin_s", 49_606_258, 8_740_875_264, TORCHVISION),
    Figure("swin_b", 87_768_224, 15_430_946_816, TORCHVISION),
    Figure(
        "se_resnet50",
        28_088_024,
        3_860_488_192,
        "parameters: osmr/imgclsmob; MACs: resnet50_v1 and C²/8 for each block",
    ),
    Figure(
        "se_resnet101",
        49_326_872,
        7_574_937_600,
        "parameters: osmr/imgclsmob; MACs: resnet101_v1 and C²/8 for each block",
    ),
    Figure(
        "se_resnet152",
        66_821_848,
        11_288_993_792,
        "parameters: osmr/imgclsmob; MACs: resnet152_v1 and C²/8 for each block",
    ),
];

/// Numbers beside the parameters: batch norm's running means and variances, as torchvision's networks have them. (In Swin
/// these are the places in a window that torchvision computes once, and here stand in the description.)
const BUFFERS: &[(&str, u128)] = &[
    ("resnet18", 9_600),
    ("resnet34", 17_024),
    ("resnet50", 53_120),
    ("resnet101", 105_344),
    ("resnet152", 151_424),
    ("vgg11_bn", 5_504),
    ("vgg16_bn", 8_448),
    ("vgg19_bn", 11_008),
    ("vgg16", 0),
    ("alexnet", 0),
    ("squeezenet1_0", 0),
    ("densenet121", 83_648),
    ("densenet201", 229_056),
    ("inception_v3", 34_432),
    ("inception_v3_aux", 36_224),
    ("googlenet_bn", 14_560),
    ("googlenet_bn_aux", 15_072),
    ("mobilenet_v2", 34_112),
    ("mobilenet_v3_large", 24_400),
    ("mobilenet_v3_small", 12_112),
    ("mnasnet1_0", 37_920),
    ("efficientnet_b0", 42_016),
    ("efficientnet_b7", 310_720),
    ("resnext50_32x4d", 68_224),
    ("wide_resnet50_2", 68_224),
    ("regnet_x_400mf", 37_856),
    ("regnet_y_400mf", 27_152),
    ("vit_b_16", 0),
];

/// MACs of convolutions, linear layers and attention's products.
const SPLITS: &[(&str, [u128; 3])] = &[
    ("resnet50", [4_087_136_256, 2_048_000, 0]),
    ("vit_b_16", [115_605_504, 16_732_895_232, 715_327_488]),
    ("vit_b_32", [115_605_504, 4_247_500_800, 46_080_000]),
    ("vit_l_16", [154_140_672, 59_493_031_936, 1_907_539_968]),
    ("vit_l_32", [154_140_672, 15_100_518_400, 122_880_000]),
    ("vit_h_14", [192_675_840, 161_691_699_200, 5_410_734_080]),
    ("swin_t", [14_450_688, 4_335_974_400, 140_141_568]),
    ("swin_s", [14_450_688, 8_497_772_544, 228_652_032]),
    ("swin_b", [19_267_584, 15_106_809_856, 304_869_376]),
];

fn analyze(name: &str) -> cnncost::Analysis {
    let (file, variant) = bundled::find(name).unwrap_or_else(|| panic!("{name} is bundled"));
    let network = Description::parse(file.name, file.text)
        .and_then(|description| description.expand(&Options { variant, ..Options::default() }))
        .unwrap_or_else(|error| panic!("{}", error.render(cnncost::text::Language::English, false, 100)));
    cnncost::analyze(&network.graph, 1).unwrap()
}

#[test]
fn figures_are_the_published_ones() {
    let mut wrong = vec![];
    for Figure(name, params, macs, source) in FIGURES {
        let analysis = analyze(name);
        let found = (analysis.total().params.total(), analysis.total().work.macs.total());
        if found != (*params, *macs) {
            wrong.push(format!("{name}: {found:?} instead of {:?} ({source})", (params, macs)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn buffers_are_torchvisions() {
    for (name, buffers) in BUFFERS {
        assert_eq!(analyze(name).total().params.buffers, *buffers, "{name}");
    }
}

#[test]
fn macs_are_split_as_torchvisions() {
    for (name, [convolution, linear, attention]) in SPLITS {
        let expected = Macs { convolution: *convolution, linear: *linear, attention: *attention };
        assert_eq!(analyze(name).total().work.macs, expected, "{name}");
    }
}

#[test]
fn every_bundled_network_has_a_figure() {
    /// A block on its own, whose figures the lecture does not give.
    const WITHOUT: &[&str] = &["inception"];
    for file in bundled::BUNDLED {
        let names = bundled::variants(file);
        let names = if names.is_empty() { vec![file.name.to_owned()] } else { names };
        for name in names.iter().filter(|name| !WITHOUT.contains(&name.as_str())) {
            assert!(FIGURES.iter().any(|figure| figure.0 == name), "{name} has no figure");
        }
    }
}

/// The block of the lecture on the tensor of its example, added up by hand.
#[test]
fn the_inception_block_is_the_sum_of_its_branches() {
    let position = 28 * 28;
    let one = 192 * 16;
    let five = 192 * 16 + 25 * 16 * 24;
    let three = 192 * 16 + 9 * 16 * 24 + 9 * 24 * 24;
    let pool = 192 * 24;
    let total = *analyze("inception").total();
    assert_eq!(total.work.macs.total(), position * (one + five + three + pool));
    assert_eq!(total.params.total(), one + five + three + pool + 16 * 3 + 24 * 4);
}

/// Every convolution, linear layer, batch norm and pool of PyTorch's networks against ours, in the order they run: the
/// shape, the parameters and the MACs that hooks on PyTorch's modules saw.
#[test]
fn layers_are_pytorchs_one_by_one() {
    let table = include_str!("reference/layers.tsv");
    let mut rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let mut compared = 0;
    while let Some(name) = rows.first().map(|row| row[0]) {
        let theirs: Vec<_> = rows.extract_if(.., |row| row[0] == name).map(|row| row[2..].to_vec()).collect();
        let (file, variant) = bundled::find(name).unwrap();
        let description = Description::parse(file.name, file.text).unwrap();
        let network = description.expand(&Options { variant, ..Options::default() }).unwrap();
        let analysis = cnncost::analyze(&network.graph, 1).unwrap();
        let ours: Vec<Vec<String>> = network
            .graph
            .nodes()
            .filter_map(|(id, node)| {
                let module = match node.operator_name() {
                    "conv2d" => "Conv2d",
                    "linear" => "Linear",
                    "batch_norm2d" => "BatchNorm2d",
                    "max_pool2d" => "MaxPool2d",
                    "avg_pool2d" => "AvgPool2d",
                    "adaptive_avg_pool2d" => "AdaptiveAvgPool2d",
                    _ => return None,
                };
                let counts = analysis.node(id)?;
                let dims = node.shape.dims().iter().map(u64::to_string);
                let shape = std::iter::once("1".to_owned()).chain(dims).collect::<Vec<_>>().join("x");
                let (params, macs) =
                    (counts.params.total().to_string(), counts.work.macs.total().to_string());
                Some(vec![module.to_owned(), shape, params, macs])
            })
            .collect();
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs, "{name}");
            compared += 1;
        }
    }
    assert!(compared > 200, "only {compared} layers were compared");
}
