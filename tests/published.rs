//! Parameters and MACs of the bundled networks against figures from elsewhere: papers, and a count of torchvision's networks
//! by hooks on PyTorch's modules.

#[path = "published/layers.rs"]
mod layers;

use cnncost::counts::Macs;
use cnncost::graph::Graph;
use cnncost::read::bundled;
use cnncost::read::{Description, Options};

/// A network, its parameters and MACs, and where these are from.
struct Figure(&'static str, u128, u128, &'static str);

const LECTURE: &str = "the lecture's network, counted by fvcore and thop and by hand";
const HE_2016: &str = "He et al. 2016 (Identity Mappings), counted by hand for the lecture's network";
const CIFAR: &str =
    "the paper's network written in PyTorch, counted by hooks on its modules; its own figures are below";
const PAPER_STRIDE: &str = "He et al. 2015, Table 1 (stride on the first 1×1): 1.8, 3.6, 3.8, 7.6, 11.3 G";

const FIGURES: &[Figure] = &[
    Figure("lenet_mnist", 8_490, 467_200, LECTURE),
    Figure("inception_mnist", 97_298, 6_019_200, LECTURE),
    Figure("residual_mnist", 41_514, 2_013_184, LECTURE),
    Figure("plain", 41_514, 2_013_184, LECTURE),
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
    Figure(
        "lenet5_1998",
        60_000,
        325_680,
        "LeCun et al. 1998: 60,000 parameters; MACs: 4,704·25 + 100·1,500 + 48,000 + 10,080",
    ),
    Figure("lenet5", 61_706, 416_520, "LeCun et al. 1998 as it is read today, counted by hand"),
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
    Figure("googlenet", 6_998_552, 1_582_671_872, "Szegedy et al. 2015, Table 1, counted by two tools"),
    Figure(
        "googlenet_aux",
        13_378_280,
        1_591_044_096,
        "the same with both auxiliary heads: 3,188,840 + 3,190,888 more",
    ),
    Figure(
        "unet",
        31_030_658,
        150_428_424_448,
        "Ronneberger et al. 2015, Figure 1, written in PyTorch and counted by hooks on its modules",
    ),
    Figure("unet_same", 1_883_202, 29_112_664_064, "written in PyTorch and counted by hooks on its modules"),
    Figure("resnet18_v1", 11_689_512, 1_814_073_344, PAPER_STRIDE),
    Figure("resnet34_v1", 21_797_672, 3_663_761_408, PAPER_STRIDE),
    Figure("resnet50_v1", 25_557_032, 3_857_973_248, PAPER_STRIDE),
    Figure("resnet101_v1", 44_549_160, 7_570_194_432, PAPER_STRIDE),
    Figure("resnet152_v1", 60_192_808, 11_282_415_616, PAPER_STRIDE),
    Figure(
        "mobilenet_v2_1_4",
        6_108_776,
        582_195_824,
        "Sandler et al. 2018, Table 4: 585 M MACs; exact figures: computed with PyTorch",
    ),
    Figure(
        "inception_v3_aux",
        27_161_264,
        5_718_899_296,
        "torchvision, and the head's MACs: 25·(768·128 + 128·768) + 768·1000",
    ),
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
        "mobilenet_v1_shallow",
        2_887_976,
        307_323_392,
        "Howard et al. 2017, Table 5: 307 M, 2.9 M; five times 52,283,392 MACs less than mobilenet_v1",
    ),
    Figure(
        "mobilenet_v1_full",
        29_294_088,
        4_867_293_184,
        "Howard et al. 2017, Table 4: 4866 M without the linear layer's 1.024 M, 29.3 M",
    ),
    Figure("resnet20", 269_722, 40_551_040, CIFAR),
    Figure("resnet32", 464_154, 68_862_592, CIFAR),
    Figure("resnet44", 658_586, 97_174_144, CIFAR),
    Figure("resnet56", 853_018, 125_485_696, CIFAR),
    Figure("resnet110", 1_727_962, 252_887_680, CIFAR),
    Figure("resnet1202", 19_421_274, 2_829_238_912, CIFAR),
    Figure("densenet_40_12", 1_019_722, 264_812_928, CIFAR),
    Figure("densenet_100_12", 6_979_642, 1_769_516_448, CIFAR),
    Figure("densenet_100_24", 27_249_082, 6_889_347_744, CIFAR),
    Figure("densenet_bc_100_12", 769_162, 287_929_692, CIFAR),
    Figure("densenet_bc_250_24", 15_324_406, 5_418_785_724, CIFAR),
    Figure("densenet_bc_190_40", 25_624_430, 9_301_945_740, CIFAR),
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
    Figure("convnextv2_atto", 3_708_400, 547_332_480, TIMM),
    Figure("convnextv2_femto", 5_233_240, 779_629_824, TIMM),
    Figure("convnextv2_pico", 9_066_280, 1_367_055_360, TIMM),
    Figure("convnextv2_nano", 15_623_800, 2_445_528_320, TIMM),
    Figure("convnextv2_tiny", 28_635_496, 4_455_531_264, TIMM),
    Figure("convnextv2_base", 88_717_800, 15_354_729_472, TIMM),
    Figure("convnextv2_large", 197_956_840, 34_361_433_600, TIMM),
    Figure("convnextv2_huge", 660_289_640, 114_922_100_480, TIMM),
    Figure("repvgg_a0", 9_108_968, 1_512_581_120, TIMM),
    Figure("repvgg_a1", 14_092_264, 2_626_488_320, TIMM),
    Figure("repvgg_a2", 28_210_600, 5_685_345_280, TIMM),
    Figure("repvgg_b0", 15_817_960, 3_397_191_680, TIMM),
    Figure("repvgg_b1", 57_415_016, 13_128_089_600, TIMM),
    Figure("repvgg_b2", 89_022_376, 20_418_170_880, TIMM),
    Figure("repvgg_b3", 123_085_288, 29_120_696_320, TIMM),
    Figure("repvgg_a0_deploy", 8_309_384, 1_361_451_008, WRITTEN),
    Figure(
        "repvgg_b0_deploy",
        14_339_048,
        3_057_600_512,
        "Ding et al. 2021, Table 4: 14.33 M parameters, 3.1 G; repvgg_b0 without its norms and 1×1 convolutions",
    ),
    Figure("ghostnet_050", 2_587_292, 42_328_152, TIMM),
    Figure("ghostnet_100", 5_182_508, 141_150_512, TIMM),
    Figure("ghostnet_130", 7_358_820, 227_003_256, TIMM),
    Figure("mobilenetv4_conv_small", 3_774_024, 186_005_568, TIMM),
    Figure("mobilenetv4_conv_medium", 9_715_512, 1_080_244_224, TIMM),
    Figure("mobilenetv4_conv_large", 32_590_864, 6_376_220_672, TIMM),
    Figure("cspdarknet53", 27_642_184, 6_533_652_480, TIMM),
    Figure(
        "xception",
        22_855_952,
        8_357_403_496,
        "timm's legacy_xception, counted likewise; Chollet 2017, Table 3: 22,855,952 parameters",
    ),
    Figure("r2plus1d_18", 31_505_325, 40_519_080_960, TORCHVISION),
    Figure("r3d_18", 33_371_472, 40_696_553_472, TORCHVISION),
    Figure(
        "r2plus1d_18_paper",
        33_370_839,
        41_496_308_736,
        "Tran et al. 2018: 33.3 M parameters; torchvision's with the paper's channels between, counted likewise",
    ),
    Figure("cbam", 3_055, 7_481_152, WRITTEN),
    Figure("vae", 2_958_659, 55_050_240, WRITTEN),
    Figure(
        "crnn",
        8_331_301,
        705_143_808,
        "Shi et al. 2017: 8.3 M parameters; MACs: 636,986,368 counted likewise, and 26·2·4·256·(768 + 512) of the LSTMs",
    ),
    Figure("yolov8n", 3_157_184, 4_371_456_000, WRITTEN),
    Figure("yolov8s", 11_166_544, 14_300_774_400, WRITTEN),
    Figure("yolov8m", 25_902_624, 39_467_827_200, WRITTEN),
    Figure("yolov8l", 43_691_504, 82_573_721_600, WRITTEN),
    Figure("yolov8x", 68_229_632, 128_901_632_000, WRITTEN),
    Figure("wavenet", 1_283_776, 20_316_160_000, WRITTEN),
    Figure("retinanet", 34_068_119, 206_004_161_024, TORCHVISION_2),
    Figure("deeplabv3", 39_638_869, 163_579_428_864, TORCHVISION_2),
    Figure("deeplabv3_plus", 40_352_181, 69_223_317_504, WRITTEN),
    Figure("unetpp", 9_163_428, 4_850_417_664, WRITTEN),
    Figure("unetpp_2018", 9_042_276, 4_189_814_784, WRITTEN),
    Figure("mixnet_s", 4_134_606, 239_173_360, TIMM),
    Figure("hrnet_w18", 21_299_004, 4_283_537_072, TIMM),
    Figure("hrnet_w30", 37_712_220, 8_105_781_680, TIMM),
    Figure("hrnet_w32", 41_232_680, 8_921_133_056, TIMM),
    Figure("hrnet_w40", 57_557_160, 12_691_997_440, TIMM),
    Figure("hrnet_w44", 67_064_984, 14_883_104_960, TIMM),
    Figure("hrnet_w48", 77_469_864, 17_277_996_032, TIMM),
    Figure("hrnet_w64", 128_059_944, 28_895_395_840, TIMM),
    Figure("resnest14d", 10_611_688, 2_749_405_184, TIMM),
    Figure("resnest26d", 17_069_448, 3_623_391_232, TIMM),
    Figure("resnest50d", 27_483_240, 5_371_160_576, TIMM),
    Figure("mobilevit_s", 5_578_632, 2_000_831_488, TIMM),
    Figure("mobilevit_xs", 2_317_848, 1_025_911_808, TIMM),
    Figure("mobilevit_xxs", 1_272_024, 407_364_096, TIMM),
    Figure("pvt_v2_b0", 3_666_760, 566_065_664, TIMM),
    Figure("pvt_v2_b1", 14_009_000, 2_108_355_584, TIMM),
    Figure("pvt_v2_b2", 25_362_856, 4_026_734_592, TIMM),
    Figure("pvt_v2_b2_li", 22_553_512, 3_888_850_944, TIMM),
    Figure("pvt_v2_b3", 45_238_696, 6_897_303_552, TIMM),
    Figure("pvt_v2_b4", 62_556_072, 10_101_116_416, TIMM),
    Figure("pvt_v2_b5", 81_956_008, 11_717_260_288, TIMM),
];

const TIMM: &str = "timm 1.0.31, counted from the shapes of ATen's operators on meta tensors";
const WRITTEN: &str =
    "tests/networks/written.py or papers.py, counted from the shapes of ATen's operators on meta tensors";
const TORCHVISION: &str = "torchvision 0.24.1, counted from the shapes of ATen's operators on meta tensors";
const TORCHVISION_2: &str = "torchvision 0.29.2, counted from the shapes of ATen's operators on meta tensors";

/// Figures as a paper prints them, in millions: of a network, the MACs and the parameters, `""` where it gives none.
const PRINTED: &[(&str, &str, &str, &str)] = &[
    ("Howard et al. 2017, Table 4", "mobilenet_v1", "569", "4.2"),
    // Its 4866 M are those of the convolutions alone.
    ("Howard et al. 2017, Table 4", "mobilenet_v1_full", "", "29.3"),
    ("Howard et al. 2017, Table 5", "mobilenet_v1_0_75", "325", "2.6"),
    ("Howard et al. 2017, Table 5", "mobilenet_v1_shallow", "307", "2.9"),
    ("Howard et al. 2017, Table 6", "mobilenet_v1", "569", "4.2"),
    ("Howard et al. 2017, Table 6", "mobilenet_v1_0_75", "325", "2.6"),
    ("Howard et al. 2017, Table 6", "mobilenet_v1_0_5", "149", "1.3"),
    ("Howard et al. 2017, Table 6", "mobilenet_v1_0_25", "41", "0.5"),
    ("Howard et al. 2017, Table 7", "mobilenet_v1", "569", "4.2"),
    ("Howard et al. 2017, Table 7", "mobilenet_v1_192", "418", "4.2"),
    ("Howard et al. 2017, Table 7", "mobilenet_v1_160", "290", "4.2"),
    ("Howard et al. 2017, Table 7", "mobilenet_v1_128", "186", "4.2"),
    ("He et al. 2016, Table 6", "resnet20", "", "0.27"),
    ("He et al. 2016, Table 6", "resnet32", "", "0.46"),
    ("He et al. 2016, Table 6", "resnet44", "", "0.66"),
    ("He et al. 2016, Table 6", "resnet56", "", "0.85"),
    ("He et al. 2016, Table 6", "resnet110", "", "1.7"),
    ("He et al. 2016, Table 6", "resnet1202", "", "19.4"),
    ("Huang et al. 2017, Table 2", "densenet_40_12", "", "1.0"),
    ("Huang et al. 2017, Table 2", "densenet_100_12", "", "7.0"),
    ("Huang et al. 2017, Table 2", "densenet_100_24", "", "27.2"),
    ("Huang et al. 2017, Table 2", "densenet_bc_100_12", "", "0.8"),
    ("Huang et al. 2017, Table 2", "densenet_bc_250_24", "", "15.3"),
    ("Huang et al. 2017, Table 2", "densenet_bc_190_40", "", "25.6"),
];

/// MACs of convolutions, linear layers and attention's products.
const SPLITS: &[(&str, [u128; 3])] = &[
    ("vit_b_16", [115_605_504, 16_732_895_232, 715_327_488]),
    ("vit_b_32", [115_605_504, 4_247_500_800, 46_080_000]),
    ("vit_l_16", [154_140_672, 59_493_031_936, 1_907_539_968]),
    ("vit_l_32", [154_140_672, 15_100_518_400, 122_880_000]),
    ("vit_h_14", [192_675_840, 161_691_699_200, 5_410_734_080]),
    ("swin_t", [14_450_688, 4_335_974_400, 140_141_568]),
    ("swin_s", [14_450_688, 8_497_772_544, 228_652_032]),
    ("swin_b", [19_267_584, 15_106_809_856, 304_869_376]),
    ("mobilevit_s", [1_092_354_048, 730_842_112, 177_635_328]),
    ("mobilevit_xxs", [195_166_208, 134_013_440, 78_184_448]),
    ("pvt_v2_b0", [113_046_528, 414_910_464, 38_108_672]),
    ("pvt_v2_b2_li", [392_777_728, 3_353_473_024, 142_600_192]),
    ("pvt_v2_b5", [1_286_612_992, 10_059_395_072, 371_252_224]),
];

/// Numbers beside the parameters: batch norm's running means and variances, as PyTorch counts them. Those of torchvision's
/// classifiers are in tests/reference/classifiers.tsv.
const BUFFERS: &[(&str, u128)] = &[
    ("lenet5", 0),
    ("resnet20", 1_376),
    ("resnet32", 2_272),
    ("resnet44", 3_168),
    ("resnet56", 4_064),
    ("resnet110", 8_096),
    ("resnet1202", 89_632),
    ("resnet50_v1", 53_120),
    ("densenet_40_12", 18_096),
    ("densenet_100_12", 117_216),
    ("densenet_100_24", 231_264),
    ("densenet_bc_100_12", 23_988),
    ("densenet_bc_250_24", 257_976),
    ("densenet_bc_190_40", 256_960),
    ("inception_v3_aux", 36_224),
    ("googlenet_bn_aux", 15_072),
    ("mobilenet_v1", 21_888),
    ("retinanet", 53_120),
    ("deeplabv3", 56_704),
    ("deeplabv3_plus", 57_312),
    ("unetpp", 7_296),
    ("hrnet_w18", 51_216),
    ("hrnet_w48", 101_376),
    ("mixnet_s", 32_192),
    ("resnest50d", 64_576),
    ("mobilevit_s", 12_256),
];

/// Parameters, buffers, and MACs of convolutions and of linear layers, of each of torchvision's classifiers.
const CLASSIFIERS: &str = include_str!("reference/classifiers.tsv");

fn expand(name: &str, input: Option<Vec<u64>>) -> Graph {
    let (file, variant) = bundled::find(name).unwrap_or_else(|| panic!("{name} is bundled"));
    let options = Options { variant, input, ..Options::default() };
    let network = Description::parse(file.name, file.text)
        .and_then(|description| description.expand(&options))
        .unwrap_or_else(|error| panic!("{}", error.render(cnncost::text::Language::English, false, 100)));
    network.graph
}

fn analyze(name: &str) -> cnncost::Analysis {
    cnncost::analyze(&expand(name, None)).unwrap()
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
fn buffers_are_pytorchs() {
    for (name, buffers) in BUFFERS {
        assert_eq!(analyze(name).total().params.buffers, *buffers, "{name}");
    }
}

#[test]
fn classifiers_are_torchvisions() {
    let mut compared = 0;
    for line in CLASSIFIERS.lines().skip(1) {
        let (name, numbers) = line.split_once('\t').unwrap();
        let numbers: Vec<u64> = numbers.split('\t').map(|number| number.parse().unwrap()).collect();
        let graph = expand(name, Some(vec![3, numbers[0], numbers[0]]));
        let total = *cnncost::analyze(&graph).unwrap().total();
        let (params, macs) = (total.params, total.work.macs);
        let found = [params.total(), params.buffers, macs.convolution, macs.linear];
        assert_eq!(
            found[..],
            numbers[1..].iter().map(|&number| number.into()).collect::<Vec<u128>>(),
            "{name}"
        );
        assert_eq!(macs.attention, 0, "{name}");
        compared += 1;
    }
    assert_eq!(compared, 78);
}

/// Rounded or cut at the last digit that is printed.
#[test]
fn papers_print_these_figures() {
    let is_printed_as = |count: u128, printed: &str| {
        let decimals = printed.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let last_digit = 1_000_000 / 10u128.pow(u32::try_from(decimals).unwrap());
        let digits: u128 = printed.replace('.', "").parse().unwrap();
        [count, count + last_digit / 2].into_iter().any(|count| count / last_digit == digits)
    };
    for (source, name, macs, params) in PRINTED {
        let total = *analyze(name).total();
        for (count, printed) in [(total.work.macs.total(), macs), (total.params.total(), params)] {
            assert!(
                printed.is_empty() || is_printed_as(count, printed),
                "{name}: {count} is not {printed} M ({source})"
            );
        }
    }
}

#[test]
fn macs_are_split_as_in_pytorch() {
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
            let is_torchvisions = CLASSIFIERS.lines().any(|line| line.split('\t').next() == Some(name));
            assert!(is_torchvisions || FIGURES.iter().any(|figure| figure.0 == name), "{name} has no figure");
        }
    }
}
