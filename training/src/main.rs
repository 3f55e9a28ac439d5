//! Turns a folder of labelled pages into the weights that dehusk ships.

mod data;
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "the fit will use it"))]
mod generate;

fn main() {}
