//! What gives 64 bits at a time as a [`rand::Rng`].

/// Implements [`rand::TryRng`] by the type's own `word`, which cannot fail: of 32 bits the upper ones are taken.
macro_rules! generator_of_words {
    ($generator:ty) => {
        impl rand::TryRng for $generator {
            type Error = std::convert::Infallible;

            #[inline]
            fn try_next_u32(&mut self) -> std::result::Result<u32, Self::Error> {
                Ok((self.word() >> 32) as u32)
            }

            #[inline]
            fn try_next_u64(&mut self) -> std::result::Result<u64, Self::Error> {
                Ok(self.word())
            }

            fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> std::result::Result<(), Self::Error> {
                rand::rand_core::utils::fill_bytes_via_next_word(bytes, || Ok(self.word()))
            }
        }
    };
}
