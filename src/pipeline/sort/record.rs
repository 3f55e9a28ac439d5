//! What can be sorted on disk: records of a fixed size.

/// A value of a fixed size with an order.
///
/// The order must look at every field, as a derived `Ord` does: the sort is not stable, so records that compare
/// equal but differ would come out in an order that depends on the budget and the threads.
///
/// Integers and tuples are records; a struct is best written as the tuple of its fields:
///
/// ```
/// use dehusk::pipeline::sort::Record;
///
/// #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
/// struct Occurrence { key: u128, document: u32 }
///
/// impl Record for Occurrence {
///     const SIZE: usize = <(u128, u32)>::SIZE;
///     fn write(&self, out: &mut [u8]) { (self.key, self.document).write(out) }
///     fn read(bytes: &[u8]) -> Self {
///         let (key, document) = Record::read(bytes);
///         Self { key, document }
///     }
///     fn leading(&self) -> u64 { self.key.leading() }
/// }
/// ```
pub trait Record: Copy + Ord + Send {
    /// Bytes on disk.
    const SIZE: usize;

    /// Writes the value into exactly [`SIZE`](Record::SIZE) bytes.
    fn write(&self, out: &mut [u8]);

    /// The value that [`write`](Record::write) wrote into exactly [`SIZE`](Record::SIZE) bytes; some value where
    /// the bytes are others.
    fn read(bytes: &[u8]) -> Self;

    /// A coarse view of the order, compared before the records are: a smaller record must never have a larger one.
    /// For hashes one comparison of machine words then decides almost always, which makes sorting about a tenth faster.
    fn leading(&self) -> u64 {
        0
    }
}

/// Integers, each with how many low bits do not fit in [`Record::leading`].
macro_rules! integers {
    ($($integer:ty, $low_bits:literal;)*) => {$(
        impl Record for $integer {
            const SIZE: usize = size_of::<$integer>();

            #[inline]
            fn write(&self, out: &mut [u8]) {
                out.copy_from_slice(&self.to_le_bytes());
            }

            #[inline]
            fn read(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("as many bytes as the integer has"))
            }

            #[inline]
            fn leading(&self) -> u64 {
                (self >> $low_bits) as u64
            }
        }
    )*};
}

integers!(u8, 0; u16, 0; u32, 0; u64, 0; u128, 64;);

/// A tuple as its first element and the tuple of the others.
macro_rules! tuples {
    ($($first:ident $($other:ident)+;)*) => {$(
        impl<$first: Record, $($other: Record),+> Record for ($first, $($other),+) {
            const SIZE: usize = $first::SIZE $(+ $other::SIZE)+;

            #[inline]
            #[expect(non_snake_case, reason = "the type's name doubles as the element's")]
            fn write(&self, mut out: &mut [u8]) {
                let ($first, $($other),+) = self;
                let (head, tail) = out.split_at_mut($first::SIZE);
                $first.write(head);
                out = tail;
                $(
                    let (head, tail) = out.split_at_mut($other::SIZE);
                    $other.write(head);
                    out = tail;
                )+
                debug_assert!(out.is_empty());
            }

            #[inline]
            fn read(mut bytes: &[u8]) -> Self {
                let mut take = |size| {
                    let (head, tail) = bytes.split_at(size);
                    bytes = tail;
                    head
                };
                ($first::read(take($first::SIZE)), $($other::read(take($other::SIZE))),+)
            }

            #[inline]
            fn leading(&self) -> u64 {
                self.0.leading()
            }
        }
    )*};
}

tuples! {
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
}
