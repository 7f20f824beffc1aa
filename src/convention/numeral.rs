//! Digits as people write them: `4,111`, `3.87e9`, `25_557_032`.

/// The digits without a point, and the power of ten that the last one counts: `3.87e9` is 387 and 7. `None` for what is no
/// number, or a longer one than can be counted with.
///
/// Behind a `,` or `'` stand three digits, so that a decimal comma is not taken for one between thousands.
pub(crate) fn digits(written: &str) -> Option<(u128, i32)> {
    let (mantissa, exponent) = match written.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (written, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_grouped = |(index, group): (usize, &str)| index == 0 || group.len() == 3;
    if !whole.split([',', '\'']).enumerate().all(is_grouped) {
        return None;
    }
    let (whole, fraction) = (whole.replace([',', '\'', '_'], ""), fraction.replace('_', ""));
    let digits = format!("{whole}{fraction}");
    let is_plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let decimals = i32::try_from(fraction.len()).ok()?;
    is_plain.then_some((digits.parse().ok()?, exponent.checked_sub(decimals)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_has_its_power_of_ten() {
        let numbers = ["3.87e9", "12,433,648", "25'557'032", "0.350", "1_000", "4E-3", ".5"].map(digits);
        let expected = [(387, 7), (12_433_648, 0), (25_557_032, 0), (350, -3), (1000, 0), (4, -3), (5, -1)];
        assert_eq!(numbers, expected.map(Some));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for written in
            ["", "-", "+4", "4,12", "1,2345", "4.1.2", "4.111,5", "e5", "1e", "1e99999999999", "4 1", "٣"]
        {
            assert_eq!(digits(written), None, "{written}");
        }
    }
}
