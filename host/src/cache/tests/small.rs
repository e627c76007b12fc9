//! Small native code: stored without its long runs of zeros, and seen in full by everybody.

use super::*;
use crate::cache::found::Where;
use crate::native::Loading;

#[test]
fn small_code_is_a_fraction_of_the_image_in_the_file_and_the_same_when_it_is_read() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    let path = fixture.store_native(&cache, 7);
    let elf = fixture.compile(7).elf().expect("an image");
    let size = fs::metadata(&path).expect("there").len() as usize;
    assert!(elf.len() > 8000 && size < elf.len() / 2, "{size} bytes of {}", elf.len());
    let Ok(open) = &cache.inner.state else { panic!("on") };
    let entry =
        open.read_quietly_from(Where::Own, &native_slot(&fixture.native_recipe(7))).ok().expect("valid");
    assert!(entry.payload() == elf);
    assert_eq!((entry.size(), entry.payload_len()), (size as u64, elf.len()));
    // Sizes of code are those of the image, sizes of files those of the file.
    cache.get_native(&fixture.native_recipe(7), &fixture.engine.engine).expect("hit");
    let stats = cache.stats();
    assert_eq!((stats.native.bytes_stored, stats.native.bytes_loaded), (elf.len() as u64, elf.len() as u64));
    assert_eq!(cache.list()[0].size, size as u64);
}

/// Without `payload_len` in `host/src/cache/look.rs`: functions that nobody calls are put together.
#[test]
fn code_is_put_together_at_its_first_call() {
    let fixture = Fixture::new();
    fixture.store_native(&fixture.open(), 7);
    let cache = fixture.open();
    let (slot, engine) = (native_slot(&fixture.native_recipe(7)), &fixture.engine.engine);
    let found = cache.look_for_native(&slot, engine, Loading::AtFirstUse).expect("there");
    let (native, size) = found.value;
    assert_eq!(native.waiting(), Some((true, false)));
    assert_eq!(size, fixture.compile(7).elf().expect("an image").len());
    assert_eq!(call(engine, &native), 7);
    assert_eq!(native.waiting(), None);
}
