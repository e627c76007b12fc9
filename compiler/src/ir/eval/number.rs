//! Operators of the interpreter, with wasm's meaning.
//!
//! `None` is a wrong operand type or a division that is not defined; the interpreter reports both as
//! internal errors. A NaN made by arithmetic is the positive quiet one without payload; operators on
//! bits (`abs`, `neg`, `copysign`, `pmin`, `pmax`) keep the NaN that they are given, as in wasm.

use super::super::{BinOp, UnOp};
use super::Value;

const NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0000);
/// A lane that compares as true.
const ONES: u64 = u64::MAX;

fn canonical(value: f64) -> f64 {
    if value.is_nan() { NAN } else { value }
}

fn truth(value: bool) -> Value {
    Value::I32(i32::from(value))
}

/// Applies an operator with one operand.
pub(super) fn unary(op: UnOp, operand: Value) -> Option<Value> {
    match operand {
        Value::I32(a) => unary_i32(op, a),
        Value::I64(a) => unary_i64(op, a),
        Value::F64(a) => unary_f64(op, a),
        Value::V128(a) => unary_v128(op, a),
    }
}

fn unary_i32(op: UnOp, a: i32) -> Option<Value> {
    Some(match op {
        UnOp::I32Eqz => truth(a == 0),
        UnOp::I64ExtendI32S => Value::I64(a.into()),
        UnOp::I64ExtendI32U => Value::I64((a as u32).into()),
        _ => return None,
    })
}

fn unary_i64(op: UnOp, a: i64) -> Option<Value> {
    Some(match op {
        UnOp::I64Eqz => truth(a == 0),
        UnOp::I64Clz => Value::I64(a.leading_zeros().into()),
        UnOp::I64Ctz => Value::I64(a.trailing_zeros().into()),
        UnOp::I64Popcnt => Value::I64(a.count_ones().into()),
        UnOp::I32WrapI64 => Value::I32(a as i32),
        UnOp::F64ConvertI64S => Value::F64(a as f64),
        UnOp::F64ReinterpretI64 => Value::F64(f64::from_bits(a as u64)),
        UnOp::I64x2Splat => Value::V128([a as u64; 2]),
        _ => return None,
    })
}

fn unary_f64(op: UnOp, a: f64) -> Option<Value> {
    Some(match op {
        UnOp::F64Abs => Value::F64(a.abs()),
        UnOp::F64Neg => Value::F64(-a),
        UnOp::F64Ceil => Value::F64(canonical(a.ceil())),
        UnOp::F64Floor => Value::F64(canonical(a.floor())),
        UnOp::F64Trunc => Value::F64(canonical(a.trunc())),
        UnOp::F64Nearest => Value::F64(canonical(a.round_ties_even())),
        UnOp::F64Sqrt => Value::F64(canonical(a.sqrt())),
        UnOp::F64RoundToF32 => Value::F64(canonical(f64::from(a as f32))),
        // Rust's cast saturates and takes NaN to 0, too.
        UnOp::I64TruncSatF64S => Value::I64(a as i64),
        UnOp::I64ReinterpretF64 => Value::I64(a.to_bits() as i64),
        UnOp::F64x2Splat => Value::V128([a.to_bits(); 2]),
        _ => return None,
    })
}

fn unary_v128(op: UnOp, a: [u64; 2]) -> Option<Value> {
    let each = |scalar| {
        let lane = |bits| match unary_f64(scalar, f64::from_bits(bits)) {
            Some(Value::F64(value)) => value.to_bits(),
            _ => 0,
        };
        Value::V128(a.map(lane))
    };
    Some(match op {
        UnOp::F64x2Extract(lane) => Value::F64(f64::from_bits(*a.get(usize::from(lane))?)),
        UnOp::I64x2Extract(lane) => Value::I64(*a.get(usize::from(lane))? as i64),
        UnOp::F64x2Abs => each(UnOp::F64Abs),
        UnOp::F64x2Neg => each(UnOp::F64Neg),
        UnOp::F64x2Sqrt => each(UnOp::F64Sqrt),
        UnOp::F64x2Floor => each(UnOp::F64Floor),
        UnOp::F64x2Ceil => each(UnOp::F64Ceil),
        UnOp::F64x2Trunc => each(UnOp::F64Trunc),
        UnOp::F64x2Nearest => each(UnOp::F64Nearest),
        UnOp::I64x2Neg => Value::V128(a.map(u64::wrapping_neg)),
        UnOp::V128Not => Value::V128(a.map(|lane| !lane)),
        UnOp::V128AnyTrue => truth(a != [0, 0]),
        UnOp::I64x2Bitmask => Value::I32((a[0] >> 63 | a[1] >> 63 << 1) as i32),
        _ => return None,
    })
}

/// Applies an operator with two operands.
#[inline]
pub(super) fn binary(op: BinOp, left: Value, right: Value) -> Option<Value> {
    match (left, right) {
        (Value::I64(a), Value::I64(b)) => binary_i64(op, a, b),
        (Value::F64(a), Value::F64(b)) => binary_f64(op, a, b),
        (Value::I32(a), Value::I32(b)) => binary_i32(op, a, b),
        (Value::V128(a), Value::V128(b)) => binary_v128(op, a, b),
        _ => None,
    }
}

fn binary_i32(op: BinOp, a: i32, b: i32) -> Option<Value> {
    let (ua, ub) = (a as u32, b as u32);
    Some(match op {
        BinOp::I32Add => Value::I32(a.wrapping_add(b)),
        BinOp::I32Sub => Value::I32(a.wrapping_sub(b)),
        BinOp::I32Mul => Value::I32(a.wrapping_mul(b)),
        BinOp::I32And => Value::I32(a & b),
        BinOp::I32Or => Value::I32(a | b),
        BinOp::I32Xor => Value::I32(a ^ b),
        BinOp::I32Shl => Value::I32(a.wrapping_shl(ub)),
        BinOp::I32ShrU => Value::I32(ua.wrapping_shr(ub) as i32),
        BinOp::I32Eq => truth(a == b),
        BinOp::I32Ne => truth(a != b),
        BinOp::I32LtS => truth(a < b),
        BinOp::I32LtU => truth(ua < ub),
        BinOp::I32LeU => truth(ua <= ub),
        BinOp::I32GtU => truth(ua > ub),
        BinOp::I32GeU => truth(ua >= ub),
        _ => return None,
    })
}

#[inline]
fn binary_i64(op: BinOp, a: i64, b: i64) -> Option<Value> {
    let (ua, ub) = (a as u64, b as u64);
    // The low six bits count; the low 32 have them.
    let shift = b as u32;
    Some(match op {
        BinOp::I64Add => Value::I64(a.wrapping_add(b)),
        BinOp::I64Sub => Value::I64(a.wrapping_sub(b)),
        BinOp::I64Mul => Value::I64(a.wrapping_mul(b)),
        BinOp::I64DivS => Value::I64(a.checked_div(b)?),
        BinOp::I64DivU => Value::I64(ua.checked_div(ub)? as i64),
        BinOp::I64RemS => Value::I64(a.checked_rem(b)?),
        BinOp::I64RemU => Value::I64(ua.checked_rem(ub)? as i64),
        BinOp::I64And => Value::I64(a & b),
        BinOp::I64Or => Value::I64(a | b),
        BinOp::I64Xor => Value::I64(a ^ b),
        BinOp::I64Shl => Value::I64(a.wrapping_shl(shift)),
        BinOp::I64ShrS => Value::I64(a.wrapping_shr(shift)),
        BinOp::I64ShrU => Value::I64(ua.wrapping_shr(shift) as i64),
        BinOp::I64Rotl => Value::I64(a.rotate_left(shift & 63)),
        BinOp::I64Eq => truth(a == b),
        BinOp::I64Ne => truth(a != b),
        BinOp::I64LtS => truth(a < b),
        BinOp::I64LeS => truth(a <= b),
        BinOp::I64GtS => truth(a > b),
        BinOp::I64GeS => truth(a >= b),
        BinOp::I64LtU => truth(ua < ub),
        BinOp::I64GeU => truth(ua >= ub),
        _ => return None,
    })
}

fn binary_f64(op: BinOp, a: f64, b: f64) -> Option<Value> {
    Some(match op {
        BinOp::F64Add => Value::F64(canonical(a + b)),
        BinOp::F64Sub => Value::F64(canonical(a - b)),
        BinOp::F64Mul => Value::F64(canonical(a * b)),
        BinOp::F64Div => Value::F64(canonical(a / b)),
        BinOp::F64Min => Value::F64(min(a, b)),
        BinOp::F64Max => Value::F64(max(a, b)),
        BinOp::F64Copysign => Value::F64(a.copysign(b)),
        BinOp::F64Eq => truth(a == b),
        BinOp::F64Ne => truth(a != b),
        BinOp::F64Lt => truth(a < b),
        BinOp::F64Le => truth(a <= b),
        BinOp::F64Gt => truth(a > b),
        BinOp::F64Ge => truth(a >= b),
        _ => return None,
    })
}

/// NaN if either is; -0.0 is less than 0.0.
fn min(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        NAN
    } else if a == b {
        // Equal but for the sign of zero: the sign bit of either.
        f64::from_bits(a.to_bits() | b.to_bits())
    } else if a < b {
        a
    } else {
        b
    }
}

/// NaN if either is; 0.0 is greater than -0.0.
fn max(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        NAN
    } else if a == b {
        f64::from_bits(a.to_bits() & b.to_bits())
    } else if a > b {
        a
    } else {
        b
    }
}

fn binary_v128(op: BinOp, a: [u64; 2], b: [u64; 2]) -> Option<Value> {
    let lanes = |f: &dyn Fn(u64, u64) -> u64| Value::V128([f(a[0], b[0]), f(a[1], b[1])]);
    let floats = |f: fn(f64, f64) -> f64| {
        lanes(&|a, b| {
            let result = f(f64::from_bits(a), f64::from_bits(b));
            result.to_bits()
        })
    };
    let mask = |holds: bool| if holds { ONES } else { 0 };
    let compare = |f: fn(&f64, &f64) -> bool| lanes(&|a, b| mask(f(&f64::from_bits(a), &f64::from_bits(b))));
    let signed = |f: fn(&i64, &i64) -> bool| lanes(&|a, b| mask(f(&(a as i64), &(b as i64))));
    Some(match op {
        BinOp::F64x2Add => floats(|a, b| canonical(a + b)),
        BinOp::F64x2Sub => floats(|a, b| canonical(a - b)),
        BinOp::F64x2Mul => floats(|a, b| canonical(a * b)),
        BinOp::F64x2Div => floats(|a, b| canonical(a / b)),
        BinOp::F64x2Min => floats(min),
        BinOp::F64x2Max => floats(max),
        BinOp::F64x2Pmin => floats(|a, b| if b < a { b } else { a }),
        BinOp::F64x2Pmax => floats(|a, b| if a < b { b } else { a }),
        BinOp::F64x2Eq => compare(f64::eq),
        BinOp::F64x2Ne => compare(f64::ne),
        BinOp::F64x2Lt => compare(f64::lt),
        BinOp::F64x2Le => compare(f64::le),
        BinOp::F64x2Gt => compare(f64::gt),
        BinOp::F64x2Ge => compare(f64::ge),
        BinOp::I64x2Add => lanes(&u64::wrapping_add),
        BinOp::I64x2Sub => lanes(&u64::wrapping_sub),
        BinOp::I64x2Mul => lanes(&u64::wrapping_mul),
        BinOp::I64x2Eq => signed(i64::eq),
        BinOp::I64x2Ne => signed(i64::ne),
        BinOp::I64x2LtS => signed(i64::lt),
        BinOp::I64x2GtS => signed(i64::gt),
        BinOp::I64x2LeS => signed(i64::le),
        BinOp::I64x2GeS => signed(i64::ge),
        BinOp::V128And => lanes(&|a, b| a & b),
        BinOp::V128Or => lanes(&|a, b| a | b),
        BinOp::V128Xor => lanes(&|a, b| a ^ b),
        BinOp::V128AndNot => lanes(&|a, b| a & !b),
        _ => return None,
    })
}
