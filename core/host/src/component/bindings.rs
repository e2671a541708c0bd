//! What wasmtime makes of `plugin-api/wit`. Arguments are borrowed, so that no text is copied before it is
//! written into the component's memory.

#![allow(dead_code, missing_docs, unreachable_pub, clippy::all)]

wasmtime::component::bindgen!({
    path: "../../plugin-api/wit",
    world: "engraft:plugin/every",
    ownership: Borrowing { duplicate_if_necessary: true },
});
