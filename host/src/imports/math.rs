//! The functions behind `host_math`, by their number in [`abi::MATH`].
//!
//! Most are the platform's C library through `std`, which is what CPython calls too. `gamma` and
//! `lgamma` are CPython's own Lanczos approximation, because CPython does not use the C library for
//! them. `erf` and `erfc` come from the `libm` crate. Domain errors are the guest's business: here
//! they give NaN or infinity.

#[cfg(test)]
use ovenbird_compiler::abi;
use std::f64::consts::PI;

/// Computes function `which` of `abi::MATH`; NaN if there is none.
#[inline]
pub fn math(which: i64, x: f64, y: f64) -> f64 {
    match which {
        0 => x.sin(),
        1 => x.cos(),
        2 => x.tan(),
        3 => x.asin(),
        4 => x.acos(),
        5 => x.atan(),
        6 => x.atan2(y),
        7 => x.sinh(),
        8 => x.cosh(),
        9 => x.tanh(),
        10 => libm::asinh(x),
        11 => libm::acosh(x),
        12 => libm::atanh(x),
        13 => x.exp(),
        14 => x.exp_m1(),
        15 => x.ln(),
        16 => x.log2(),
        17 => x.log10(),
        18 => x.ln_1p(),
        19 => x.powf(y),
        20 => x.hypot(y),
        21 => libm::erf(x),
        22 => libm::erfc(x),
        23 => gamma(x),
        24 => lgamma(x),
        25 => x.cbrt(),
        26 => x.exp2(),
        27 => x % y,
        _ => f64::NAN,
    }
}

const LANCZOS_G: f64 = 6.024_680_040_776_73;
const LANCZOS_G_MINUS_HALF: f64 = 5.524_680_040_776_73;
const LANCZOS_NUM: [f64; 13] = [
    23_531_376_880.410_76,
    42_919_803_642.649_1,
    35_711_959_237.355_67,
    17_921_034_426.037_21,
    6_039_542_586.352_028,
    1_439_720_407.311_721_6,
    248_874_557.862_054_17,
    31_426_415.585_400_194,
    2_876_370.628_935_372_5,
    186_056.265_395_223_48,
    8_071.672_002_365_816,
    210.824_277_751_579_36,
    2.506_628_274_631_000_2,
];
const LANCZOS_DEN: [f64; 13] = [
    0.0,
    39_916_800.0,
    120_543_840.0,
    150_917_976.0,
    105_258_076.0,
    45_995_730.0,
    13_339_535.0,
    2_637_558.0,
    357_423.0,
    32_670.0,
    1_925.0,
    66.0,
    1.0,
];

/// The Lanczos sum for `x > 0`, evaluated from the end that does not overflow.
fn lanczos_sum(x: f64) -> f64 {
    let (mut num, mut den) = (0.0, 0.0);
    if x < 5.0 {
        for (n, d) in LANCZOS_NUM.iter().zip(&LANCZOS_DEN).rev() {
            num = num * x + n;
            den = den * x + d;
        }
    } else {
        for (n, d) in LANCZOS_NUM.iter().zip(&LANCZOS_DEN) {
            num = num / x + n;
            den = den / x + d;
        }
    }
    num / den
}

/// `sin(pi x)`, exact at integers and half-integers.
fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let r = match (2.0 * y).round() as i32 {
        0 => (PI * y).sin(),
        1 => (PI * (y - 0.5)).cos(),
        2 => (PI * (1.0 - y)).sin(),
        3 => -(PI * (y - 1.5)).cos(),
        _ => (PI * (y - 2.0)).sin(),
    };
    1.0f64.copysign(x) * r
}

/// The gamma function, as CPython computes it.
fn gamma(x: f64) -> f64 {
    if !x.is_finite() {
        return if x == f64::NEG_INFINITY { f64::NAN } else { x };
    }
    if x == 0.0 {
        return f64::INFINITY.copysign(x);
    }
    if x == x.floor() {
        if x < 0.0 {
            return f64::NAN;
        }
        if x <= 23.0 {
            // Products of integers below 2^53: exact.
            return (1..x as u64).map(|factor| factor as f64).product();
        }
    }
    let absx = x.abs();
    if absx < 1e-20 {
        return 1.0 / x;
    }
    if absx > 200.0 {
        return if x < 0.0 { 0.0 / sin_pi(x) } else { f64::INFINITY };
    }
    let y = absx + LANCZOS_G_MINUS_HALF;
    // The rounding error of `y`, by the operand that is larger.
    let z = if absx > LANCZOS_G_MINUS_HALF {
        (y - absx) - LANCZOS_G_MINUS_HALF
    } else {
        (y - LANCZOS_G_MINUS_HALF) - absx
    };
    let z = z * LANCZOS_G / y;
    if x < 0.0 {
        let r = -PI / sin_pi(absx) / absx * y.exp() / lanczos_sum(absx);
        let r = r - z * r;
        if absx < 140.0 {
            r / y.powf(absx - 0.5)
        } else {
            let root = y.powf(absx / 2.0 - 0.25);
            r / root / root
        }
    } else {
        let r = lanczos_sum(absx) / y.exp();
        let r = r + z * r;
        if absx < 140.0 {
            r * y.powf(absx - 0.5)
        } else {
            let root = y.powf(absx / 2.0 - 0.25);
            r * root * root
        }
    }
}

/// The logarithm of the absolute value of the gamma function, as CPython computes it.
fn lgamma(x: f64) -> f64 {
    if !x.is_finite() {
        return if x.is_nan() { x } else { f64::INFINITY };
    }
    if x == x.floor() && x <= 2.0 {
        return if x <= 0.0 { f64::INFINITY } else { 0.0 };
    }
    let absx = x.abs();
    if absx < 1e-20 {
        return -absx.ln();
    }
    let mut r = lanczos_sum(absx).ln() - LANCZOS_G;
    r += (absx - 0.5) * ((absx + LANCZOS_G - 0.5).ln() - 1.0);
    if x < 0.0 {
        r = PI.ln() - sin_pi(absx).abs().ln() - absx.ln() - r;
    }
    r
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, x: f64, y: f64) -> f64 {
        let which = abi::MATH.iter().position(|entry| *entry == name).unwrap();
        math(which as i64, x, y)
    }

    #[test]
    fn every_entry_of_the_table_is_a_function() {
        for which in 0..abi::MATH.len() {
            assert!(!math(which as i64, 1.0, 1.0).is_nan(), "{}", abi::MATH[which]);
        }
        assert!(math(abi::MATH.len() as i64, 1.0, 1.0).is_nan());
        assert!(math(-1, 1.0, 1.0).is_nan());
    }

    #[test]
    fn known_values() {
        assert_eq!(call("fmod", -7.0, 3.0), -1.0);
        assert_eq!(call("hypot", 3.0, 4.0), 5.0);
        assert_eq!(call("gamma", 5.0, 0.0), 24.0);
        assert_eq!(call("gamma", 0.5, 0.0), 1.772_453_850_905_515_9);
        assert_eq!(call("gamma", -1.5, 0.0), 2.363_271_801_207_354_4);
        assert_eq!(call("lgamma", 10.0, 0.0), 12.801_827_480_081_467);
        assert_eq!(call("lgamma", 1.0, 0.0), 0.0);
        assert_eq!(call("gamma", 171.7, 0.0), f64::INFINITY);
        assert!(call("gamma", -1.0, 0.0).is_nan());
    }
}
