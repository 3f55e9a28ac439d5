//! The few best of many: what a report names of all that a run has seen.

/// The `most` of what comes by with the smallest keys, in order. Keys are different ones.
#[derive(Debug)]
pub(super) struct Best<K, T> {
    most: usize,
    best: Vec<(K, T)>,
}

impl<K: Ord, T> Best<K, T> {
    pub fn new(most: usize) -> Self {
        Self { most, best: Vec::new() }
    }

    pub fn add(&mut self, key: K, value: T) {
        let at = self.best.partition_point(|(better, _)| *better < key);
        if at < self.most {
            self.best.insert(at, (key, value));
            self.best.truncate(self.most);
        }
    }

    pub fn into_values(self) -> Vec<T> {
        self.best.into_iter().map(|(_, value)| value).collect()
    }
}
