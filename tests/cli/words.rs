//! A corpus of made-up words, the same on every machine, for tests that need much of it.

use std::fmt::Write;

/// A small generator of pseudo-random numbers (SplitMix64, Steele et al. 2014): no dependency, fixed for ever.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `end - 1`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn word(&mut self, out: &mut String) {
        const SYLLABLES: [&str; 16] = [
            "ka", "lo", "mi", "ren", "tu", "sa", "vel", "no", "pi", "dar", "gu", "fe", "shi", "bo", "lan",
            "er",
        ];
        // The smaller of two numbers: short words are more common than long ones.
        for _ in 0..=self.below(4).min(self.below(4)) {
            out.push_str(SYLLABLES[self.below(SYLLABLES.len())]);
        }
    }

    /// A sentence of so many words, with a capital letter and a full stop.
    pub fn sentence(&mut self, words: usize) -> String {
        let mut sentence = String::new();
        for n in 0..words {
            if n > 0 {
                sentence.push(' ');
            }
            self.word(&mut sentence);
        }
        sentence[..1].make_ascii_uppercase();
        sentence.push('.');
        sentence
    }
}

/// JSON lines of `count` pages of three sites. Each has a title, a few paragraphs, furniture that its site repeats and
/// the teaser of another page; every seventh page is an earlier one with a few words more, every eleventh shares a
/// long paragraph with an earlier one.
pub fn corpus(count: usize, seed: u64) -> String {
    const SITES: [(&str, &str, &str); 3] = [
        ("harbour.example", "Home | News | Weather | Contact", "Similar articles"),
        ("gazeta.example", "Strona główna » Wiadomości", "Zobacz także"),
        ("ort.example", "Startseite Nachrichten Sport", "Das könnte Sie auch interessieren"),
    ];
    let mut random = Random(seed);
    let mut articles: Vec<(String, Vec<String>)> = Vec::new();
    let mut out = String::new();
    for n in 0..count {
        let words = 5 + random.below(4);
        let title = random.sentence(words).trim_end_matches('.').to_owned();
        let mut paragraphs: Vec<String> = match n % 7 {
            6 => articles[n - 6].1.clone(),
            _ => (0..3 + random.below(4))
                .map(|_| (0..3).map(|_| random.sentence(12) + " ").collect())
                .collect(),
        };
        // All else has 36 words a paragraph, so what is added here makes sure that no two pages with anything in common
        // are equally long: nothing in the outcome hangs on the order of the input.
        if n % 7 == 6 {
            let more = random.sentence(9 + n / 7 % 5);
            paragraphs.push(more);
        } else if n % 11 == 10 {
            let shared = articles[n - 10].1[0].clone();
            paragraphs.push(shared);
            let more = random.sentence(6);
            paragraphs.push(more);
        }
        let (site, menu, heading) = SITES[n % SITES.len()];
        let mut text = format!("{menu}\n\n{title}\n\nApril {}, 2016 18:{}\n\n", 1 + n % 28, 10 + n % 50);
        for paragraph in &paragraphs {
            write!(text, "{}\n\n", paragraph.trim_end()).expect("a string takes everything");
        }
        if n > 0 {
            let (title, paragraphs) = &articles[random.below(n)];
            write!(text, "{heading}\n\n{title}\nMay {}, 2016\n\n{}\n", 1 + n % 28, paragraphs[0])
                .expect("as above");
        }
        let line =
            serde_json::json!({ "id": format!("{n}"), "text": text, "url": format!("https://{site}/{n}") });
        writeln!(out, "{line}").expect("as above");
        articles.push((title, paragraphs));
    }
    out
}
