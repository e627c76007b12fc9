//! One wasm instruction for each operator and memory type of the IR.
//!
//! Tables only: operands are already on the stack. Nothing here knows about statements or metering.

use crate::ir::{BinOp, MemTy, Ty, UnOp};
use wasm_encoder::{InstructionSink, MemArg, ValType};

/// The wasm type of an IR type.
pub(super) fn val_type(ty: Ty) -> ValType {
    match ty {
        Ty::I32 => ValType::I32,
        Ty::I64 => ValType::I64,
        Ty::F64 => ValType::F64,
        Ty::V128 => ValType::V128,
    }
}

/// Address immediate: `offset` bytes further, with the alignment that `mem` usually has (a hint only).
pub(super) fn mem_arg(mem: MemTy, offset: u32) -> MemArg {
    MemArg { offset: offset.into(), align: mem.size().trailing_zeros(), memory_index: 0 }
}

/// `[address] -> [value]`, widened to [`MemTy::ty`].
pub(super) fn load(out: &mut InstructionSink<'_>, mem: MemTy, offset: u32) {
    let arg = mem_arg(mem, offset);
    match mem {
        MemTy::Bool => out.i32_load8_u(arg),
        MemTy::S8 => out.i64_load8_s(arg),
        MemTy::U8 => out.i64_load8_u(arg),
        MemTy::S16 => out.i64_load16_s(arg),
        MemTy::U16 => out.i64_load16_u(arg),
        MemTy::S32 => out.i64_load32_s(arg),
        MemTy::U32 => out.i64_load32_u(arg),
        MemTy::I64 => out.i64_load(arg),
        MemTy::F32 => out.f32_load(arg).f64_promote_f32(),
        MemTy::F64 => out.f64_load(arg),
        MemTy::Ptr => out.i32_load(arg),
        MemTy::V128 => out.v128_load(arg),
    };
}

/// `[address value] -> []`, narrowed to `mem`.
pub(super) fn store(out: &mut InstructionSink<'_>, mem: MemTy, offset: u32) {
    let arg = mem_arg(mem, offset);
    match mem {
        MemTy::Bool => out.i32_store8(arg),
        MemTy::S8 | MemTy::U8 => out.i64_store8(arg),
        MemTy::S16 | MemTy::U16 => out.i64_store16(arg),
        MemTy::S32 | MemTy::U32 => out.i64_store32(arg),
        MemTy::I64 => out.i64_store(arg),
        MemTy::F32 => out.f32_demote_f64().f32_store(arg),
        MemTy::F64 => out.f64_store(arg),
        MemTy::Ptr => out.i32_store(arg),
        MemTy::V128 => out.v128_store(arg),
    };
}

/// `[operand] -> [result]`.
pub(super) fn unary(out: &mut InstructionSink<'_>, op: UnOp) {
    match op {
        UnOp::I32Eqz => out.i32_eqz(),
        UnOp::I64Eqz => out.i64_eqz(),
        UnOp::I64Clz => out.i64_clz(),
        UnOp::I64Ctz => out.i64_ctz(),
        UnOp::I64Popcnt => out.i64_popcnt(),
        UnOp::I32WrapI64 => out.i32_wrap_i64(),
        UnOp::I64ExtendI32S => out.i64_extend_i32_s(),
        UnOp::I64ExtendI32U => out.i64_extend_i32_u(),
        UnOp::F64Abs => out.f64_abs(),
        UnOp::F64Neg => out.f64_neg(),
        UnOp::F64Ceil => out.f64_ceil(),
        UnOp::F64Floor => out.f64_floor(),
        UnOp::F64Trunc => out.f64_trunc(),
        UnOp::F64Nearest => out.f64_nearest(),
        UnOp::F64Sqrt => out.f64_sqrt(),
        UnOp::F64ConvertI64S => out.f64_convert_i64_s(),
        UnOp::I64TruncSatF64S => out.i64_trunc_sat_f64_s(),
        UnOp::I64ReinterpretF64 => out.i64_reinterpret_f64(),
        UnOp::F64ReinterpretI64 => out.f64_reinterpret_i64(),
        UnOp::F64RoundToF32 => out.f32_demote_f64().f64_promote_f32(),
        UnOp::F64x2Splat => out.f64x2_splat(),
        UnOp::I64x2Splat => out.i64x2_splat(),
        UnOp::F64x2Extract(lane) => out.f64x2_extract_lane(lane),
        UnOp::I64x2Extract(lane) => out.i64x2_extract_lane(lane),
        UnOp::F64x2Abs => out.f64x2_abs(),
        UnOp::F64x2Neg => out.f64x2_neg(),
        UnOp::F64x2Sqrt => out.f64x2_sqrt(),
        UnOp::F64x2Floor => out.f64x2_floor(),
        UnOp::F64x2Ceil => out.f64x2_ceil(),
        UnOp::F64x2Trunc => out.f64x2_trunc(),
        UnOp::F64x2Nearest => out.f64x2_nearest(),
        UnOp::I64x2Neg => out.i64x2_neg(),
        UnOp::V128Not => out.v128_not(),
        UnOp::V128AnyTrue => out.v128_any_true(),
        UnOp::I64x2Bitmask => out.i64x2_bitmask(),
    };
}

/// `[left right] -> [result]`.
pub(super) fn binary(out: &mut InstructionSink<'_>, op: BinOp) {
    match op {
        BinOp::I32Add => out.i32_add(),
        BinOp::I32Sub => out.i32_sub(),
        BinOp::I32Mul => out.i32_mul(),
        BinOp::I32And => out.i32_and(),
        BinOp::I32Or => out.i32_or(),
        BinOp::I32Xor => out.i32_xor(),
        BinOp::I32Shl => out.i32_shl(),
        BinOp::I32ShrU => out.i32_shr_u(),
        BinOp::I32Eq => out.i32_eq(),
        BinOp::I32Ne => out.i32_ne(),
        BinOp::I32LtS => out.i32_lt_s(),
        BinOp::I32LtU => out.i32_lt_u(),
        BinOp::I32LeU => out.i32_le_u(),
        BinOp::I32GtU => out.i32_gt_u(),
        BinOp::I32GeU => out.i32_ge_u(),
        BinOp::I64Add => out.i64_add(),
        BinOp::I64Sub => out.i64_sub(),
        BinOp::I64Mul => out.i64_mul(),
        BinOp::I64DivS => out.i64_div_s(),
        BinOp::I64DivU => out.i64_div_u(),
        BinOp::I64RemS => out.i64_rem_s(),
        BinOp::I64RemU => out.i64_rem_u(),
        BinOp::I64And => out.i64_and(),
        BinOp::I64Or => out.i64_or(),
        BinOp::I64Xor => out.i64_xor(),
        BinOp::I64Shl => out.i64_shl(),
        BinOp::I64ShrS => out.i64_shr_s(),
        BinOp::I64ShrU => out.i64_shr_u(),
        BinOp::I64Rotl => out.i64_rotl(),
        BinOp::I64Eq => out.i64_eq(),
        BinOp::I64Ne => out.i64_ne(),
        BinOp::I64LtS => out.i64_lt_s(),
        BinOp::I64LeS => out.i64_le_s(),
        BinOp::I64GtS => out.i64_gt_s(),
        BinOp::I64GeS => out.i64_ge_s(),
        BinOp::I64LtU => out.i64_lt_u(),
        BinOp::I64GeU => out.i64_ge_u(),
        BinOp::F64Add => out.f64_add(),
        BinOp::F64Sub => out.f64_sub(),
        BinOp::F64Mul => out.f64_mul(),
        BinOp::F64Div => out.f64_div(),
        BinOp::F64Min => out.f64_min(),
        BinOp::F64Max => out.f64_max(),
        BinOp::F64Copysign => out.f64_copysign(),
        BinOp::F64Eq => out.f64_eq(),
        BinOp::F64Ne => out.f64_ne(),
        BinOp::F64Lt => out.f64_lt(),
        BinOp::F64Le => out.f64_le(),
        BinOp::F64Gt => out.f64_gt(),
        BinOp::F64Ge => out.f64_ge(),
        vector => vector_binary(out, vector),
    };
}

/// The vector operators; no other operator reaches this.
fn vector_binary<'o, 'a>(out: &'o mut InstructionSink<'a>, op: BinOp) -> &'o mut InstructionSink<'a> {
    match op {
        BinOp::F64x2Add => out.f64x2_add(),
        BinOp::F64x2Sub => out.f64x2_sub(),
        BinOp::F64x2Mul => out.f64x2_mul(),
        BinOp::F64x2Div => out.f64x2_div(),
        BinOp::F64x2Min => out.f64x2_min(),
        BinOp::F64x2Max => out.f64x2_max(),
        BinOp::F64x2Pmin => out.f64x2_pmin(),
        BinOp::F64x2Pmax => out.f64x2_pmax(),
        BinOp::F64x2Eq => out.f64x2_eq(),
        BinOp::F64x2Ne => out.f64x2_ne(),
        BinOp::F64x2Lt => out.f64x2_lt(),
        BinOp::F64x2Le => out.f64x2_le(),
        BinOp::F64x2Gt => out.f64x2_gt(),
        BinOp::F64x2Ge => out.f64x2_ge(),
        BinOp::I64x2Add => out.i64x2_add(),
        BinOp::I64x2Sub => out.i64x2_sub(),
        BinOp::I64x2Mul => out.i64x2_mul(),
        BinOp::I64x2Eq => out.i64x2_eq(),
        BinOp::I64x2Ne => out.i64x2_ne(),
        BinOp::I64x2LtS => out.i64x2_lt_s(),
        BinOp::I64x2GtS => out.i64x2_gt_s(),
        BinOp::I64x2LeS => out.i64x2_le_s(),
        BinOp::I64x2GeS => out.i64x2_ge_s(),
        BinOp::V128And => out.v128_and(),
        BinOp::V128Or => out.v128_or(),
        BinOp::V128Xor => out.v128_xor(),
        BinOp::V128AndNot => out.v128_andnot(),
        _ => unreachable!("a scalar operator"),
    }
}
