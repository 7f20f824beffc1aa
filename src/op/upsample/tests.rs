use super::*;
use crate::working::Notation;

fn upsample(settings: &str, dims: &[u64]) -> Result<Vec<u64>, Reason> {
    let upsample: Upsample = toml::from_str(settings).unwrap();
    upsample.output(&[Shape::new(dims.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
}

#[test]
fn by_a_factor_or_to_a_size() {
    assert_eq!(upsample("scale_factor = 2", &[256, 64, 64]), Ok(vec![256, 128, 128]));
    assert_eq!(upsample("scale_factor = [1.5, 3]", &[2, 5, 4]), Ok(vec![2, 7, 12]));
    assert_eq!(upsample("size = [7, 7]", &[2, 5, 4]), Ok(vec![2, 7, 7]));
    assert_eq!(upsample("size = [1, 9]", &[2, 5, 4]), Ok(vec![2, 1, 9]));
}

#[test]
fn sequences_and_volumes_too() {
    assert_eq!(upsample("scale_factor = 2", &[8, 5]), Ok(vec![8, 10]));
    assert_eq!(upsample("scale_factor = [1.5]\nmode = 'linear'", &[8, 5]), Ok(vec![8, 7]));
    assert_eq!(upsample("size = 9", &[8, 5]), Ok(vec![8, 9]));
    assert_eq!(upsample("scale_factor = 1.5", &[8, 5, 4]), Ok(vec![8, 7, 6]));
    assert_eq!(upsample("scale_factor = 2", &[32, 4, 5, 6]), Ok(vec![32, 8, 10, 12]));
    assert_eq!(upsample("size = [2, 3, 4]\nmode = 'trilinear'", &[32, 4, 5, 6]), Ok(vec![32, 2, 3, 4]));
    let reason = |settings: &str, dims: &[u64]| {
        let reason = upsample(settings, dims).unwrap_err();
        (reason.to_string(), reason.setting, reason.help.map(|help| help.english))
    };
    let listed = "`size` lists 2, and 32×4×5×6 has 3 behind its channels".to_owned();
    assert_eq!(reason("size = [2, 3]", &[32, 4, 5, 6]), (listed, Some("size"), None));
    let listed = "`scale_factor` lists 2, and 8×5 has 1 behind its channels".to_owned();
    assert_eq!(reason("scale_factor = [2, 3]", &[8, 5]), (listed, Some("scale_factor"), None));
    let needs = "`mode = \"bilinear\"` needs channels × height × width, and gets 32×4×5×6".to_owned();
    let help = Some("for 32×4×5×6 it is `mode = \"trilinear\"`".to_owned());
    assert_eq!(reason("size = 2\nmode = 'bilinear'", &[32, 4, 5, 6]), (needs, Some("mode"), help));
    let needs = "`mode = \"bicubic\"` needs channels × height × width, and gets 8×5".to_owned();
    let help = Some("for 8×5 it is `mode = \"linear\"`".to_owned());
    assert_eq!(reason("size = 2\nmode = 'bicubic'", &[8, 5]), (needs, Some("mode"), help));
}

/// Products with the weights of as many elements around, and their sum.
#[test]
fn modes_weigh_what_is_around() {
    let written = |settings: &str, dims: &[u64]| {
        let upsample: Upsample = toml::from_str(settings).unwrap();
        let inputs = [Shape::new(dims.to_vec()).unwrap()];
        let output = upsample.output(&inputs).unwrap();
        let cost = upsample.cost(&inputs, &output).unwrap();
        let terms = cost.terms.iter().map(|term| term.nominal.substitution(Notation::Text));
        (terms.collect::<Vec<_>>(), cost.work().unwrap().0.ops)
    };
    let (linear, ops) = written("scale_factor = 2\nmode = 'linear'", &[3, 5]);
    assert_eq!((&*linear[0], &*linear[1]), ("2·3·10", "(2 − 1)·3·10"));
    assert_eq!((ops.mul, ops.add), (2 * 30, 30));
    let (trilinear, ops) = written("scale_factor = 2\nmode = 'trilinear'", &[3, 5, 4, 2]);
    assert_eq!(&*trilinear[0], "8·3·10·8·4");
    assert_eq!((ops.mul, ops.add), (8 * 960, 7 * 960));
    let (bicubic, ops) = written("scale_factor = 2\nmode = 'bicubic'", &[3, 5, 4]);
    assert_eq!((&*bicubic[0], &*bicubic[1]), ("4²·3·10·8", "(4² − 1)·3·10·8"));
    assert_eq!((ops.mul, ops.add), (16 * 240, 15 * 240));
}

#[test]
fn bilinear_is_a_weighted_sum_of_four() {
    let upsample: Upsample = toml::from_str("scale_factor = 2\nmode = 'bilinear'").unwrap();
    let inputs = [Shape::new(vec![3, 5, 4]).unwrap()];
    let output = upsample.output(&inputs).unwrap();
    let cost = upsample.cost(&inputs, &output).unwrap();
    assert_eq!(cost.terms[0].nominal.formula(Notation::Text), "corners · output elements");
    assert_eq!(cost.terms[0].nominal.substitution(Notation::Text), "4·3·10·8");
    let (work, _) = cost.work().unwrap();
    assert_eq!((work.ops.mul, work.ops.add), (4 * 240, 3 * 240));
    assert_eq!(upsample.class(), Class::Pooling);
    let workings = upsample.output_workings(&inputs, &output);
    assert_eq!(
        (workings[0].0, workings[0].1.substitution(Notation::Text)),
        (Factor::OutputHeight, "5·2".to_owned())
    );
}

#[test]
fn nearest_is_free_and_fractions_have_no_working() {
    let upsample: Upsample = toml::from_str("scale_factor = [1.5, 3]").unwrap();
    let inputs = [Shape::new(vec![2, 5, 4]).unwrap()];
    let output = upsample.output(&inputs).unwrap();
    assert_eq!(upsample.cost(&inputs, &output), Ok(Cost::FREE));
    assert_eq!(upsample.class(), Class::Rearrangement);
    let workings = upsample.output_workings(&inputs, &output);
    assert_eq!(workings.iter().map(|(name, _)| *name).collect::<Vec<_>>(), [Factor::OutputWidth]);
}

#[test]
fn settings_fit_together() {
    let reason = |settings: &str, dims: &[u64]| {
        let reason = upsample(settings, dims).unwrap_err();
        (reason.to_string(), reason.setting)
    };
    let image = &[2, 5, 4];
    assert_eq!(reason("", image), ("needs `scale_factor` or `size`".to_owned(), None));
    let both = "only one of `scale_factor` and `size` can be given, and both are".to_owned();
    assert_eq!(reason("size = [3, 3]\nscale_factor = 2", image), (both, Some("size")));
    let corners =
        "`align_corners` goes with modes that interpolate, such as `mode = \"bilinear\"`".to_owned();
    assert_eq!(reason("size = [3, 3]\nalign_corners = true", image), (corners, Some("align_corners")));
    let empty = "a size is 0 in 2×0×4".to_owned();
    assert_eq!(reason("scale_factor = [0.1, 1]", image), (empty, Some("scale_factor")));
    let needs =
        "needs channels × length, channels × height × width or channels × depth × height × width, and gets 5";
    assert_eq!(reason("size = [3, 3]", &[5]).0, needs);
    assert_eq!(reason("scale_factor = [1e300, 1]", image).1, Some("scale_factor"));
}

#[test]
fn factors_are_above_zero() {
    let error = |text: &str| toml::from_str::<Upsample>(text).unwrap_err().message().to_owned();
    assert_eq!(error("scale_factor = 0"), "must be finite and above 0, and is 0");
    assert_eq!(error("scale_factor = [2, -1.5]"), "must be finite and above 0, and is -1.5");
    assert_eq!(error("scale_factor = [inf]"), "must be finite and above 0, and is inf");
    assert_eq!(error("scale_factor = inf"), "must be finite and above 0, and is inf");
    assert_eq!(error("size = 1.5"), "must be a whole number above 0, and is 1.5");
    let many = "wants one number or a list of 1 to 3, and has a list of 4";
    assert_eq!(error("scale_factor = [1, 2, 3, 4]"), many);
    assert!(error("size = []").ends_with("a list of 0") && error("size = [0]").contains("at least 1"));
}
