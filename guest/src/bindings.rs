//! What wit-bindgen makes of `modding/api/colony.wit`.

#![allow(missing_docs, reason = "colony.wit says what there is to say")]
#![allow(
    clippy::all,
    unreachable_pub,
    reason = "the generator has a style of its own"
)]

#[cfg(feature = "kept-state")]
wit_bindgen::generate!({
    path: "../modding/api/colony.wit",
    world: "guest",
    pub_export_macro: true,
    default_bindings_module: "colony_guest::bindings",
    additional_derives: [PartialEq],
});

#[cfg(not(feature = "kept-state"))]
wit_bindgen::generate!({
    path: "../modding/api/colony.wit",
    world: "guest-beside-script",
    pub_export_macro: true,
    default_bindings_module: "colony_guest::bindings",
    additional_derives: [PartialEq],
});
