//! wasm → how much of it can be compiled at the same time as the rest: a code generator takes it function by function.

use wasmparser::{Parser, Payload};

/// Bytes of all functions but the largest; none if it is not wasm.
pub fn beside_the_largest(wasm: &[u8]) -> usize {
    let bodies = Parser::new(0).parse_all(wasm).map_while(Result::ok).filter_map(|payload| match payload {
        Payload::CodeSectionEntry(body) => Some(body.range().len()),
        _ => None,
    });
    let (sum, largest) = bodies.fold((0, 0), |(sum, largest), size| (sum + size, size.max(largest)));
    sum - largest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module of functions with bodies of so many `nop`s.
    fn of(nops: &[usize]) -> Vec<u8> {
        use wasm_encoder::{CodeSection, Function, FunctionSection, Module, TypeSection};
        let (mut types, mut functions, mut code) = <(TypeSection, FunctionSection, CodeSection)>::default();
        types.ty().function([], []);
        for &count in nops {
            functions.function(0);
            let mut function = Function::new([]);
            for _ in 0..count {
                function.instructions().nop();
            }
            function.instructions().end();
            code.function(&function);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code);
        module.finish()
    }

    #[test]
    fn the_largest_function_is_left_out() {
        // Each has a byte for its locals and one for its end.
        assert_eq!(beside_the_largest(&of(&[10, 300, 20])), 12 + 22);
        assert_eq!(beside_the_largest(&of(&[300])), 0);
        assert_eq!(beside_the_largest(&of(&[])), 0);
        assert_eq!(beside_the_largest(b"not wasm"), 0);
    }
}
