//! Turns a folder of labelled pages into the weights that dehusk ships.

mod data;

fn main() {}
