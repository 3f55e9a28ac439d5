//! The language of a document's main text.
//!
//! Asked of the whole main text only, never of a block: a detector calls two words of English anything. What it is not
//! sure of stays unknown.
//!
//! The detector compares a text with the profiles of all languages of its script, nearly forty for Latin, which takes
//! longer than everything else that labelling does with a short page. Function words leave a few of them, mostly one:
//! every third word or so is one, and they are looked up in passing. Where there are too few, as in a list, all
//! languages are compared; and so they are in other scripts, which few languages share and an English quotation may
//! stand in.
//!
//! It is wrong about a text in a language that is not listed, when it holds many function words of one that is.

use std::sync::LazyLock;

use whatlang::{Detector, Lang, Script, detect, detect_script};

use super::key_map::{KeyMap, is_accent, word_key};

/// Text looked at, in bytes: detection is sure after a few hundred letters and takes time in proportion.
pub(super) const WINDOW: usize = 400;
/// Fewer letters say too little.
const MIN_LETTERS: usize = 40;

/// The ISO 639-1 code, or `None` where the text is too short, unclear, or in a language without one.
pub(super) fn language(main: &str) -> Option<&'static str> {
    let sample = &main[..main.floor_char_boundary(WINDOW)];
    if sample.chars().filter(|c| c.is_alphabetic()).take(MIN_LETTERS).count() < MIN_LETTERS
        && sample.len() < WINDOW / 4
    {
        return None;
    }
    let likely =
        if detect_script(sample)? == Script::Latin { FUNCTION_WORDS.likely(sample) } else { Vec::new() };
    let info = match likely[..] {
        [] => detect(sample)?,
        [lang] => return iso_639_1(lang),
        _ => Detector::with_allowlist(likely).detect(sample)?,
    };
    if !info.is_reliable() { None } else { iso_639_1(info.lang()) }
}

static FUNCTION_WORDS: LazyLock<FunctionWords> =
    LazyLock::new(|| FunctionWords::parse(include_str!("function_words.txt")));

/// The most frequent words of some languages.
struct FunctionWords {
    languages: Vec<Lang>,
    words: KeyMap<FunctionWord>,
}

struct FunctionWord {
    /// From 0 on, one for each word.
    number: usize,
    /// A bit a language.
    languages: u64,
}

impl FunctionWords {
    /// Of a sample's words, one in so many must be another function word of the likeliest language, and at least so
    /// many: Maori holds the Dutch "te" many times, but hardly another Dutch word.
    const ONE_IN: usize = 10;
    const LEAST: usize = 5;
    /// Different function words that leave no doubt.
    const SURE: usize = 8;

    fn parse(file: &str) -> Self {
        let mut parsed = Self { languages: Vec::new(), words: KeyMap::default() };
        let lines = file.lines().filter(|line| !line.starts_with('#'));
        for (code, list) in lines.filter_map(|line| line.split_once(": ")) {
            let Some(lang) = Lang::from_code(code) else { continue };
            for key in list.split_whitespace().filter_map(word_key) {
                let number = parsed.words.len();
                let word = parsed.words.entry(key).or_insert(FunctionWord { number, languages: 0 });
                word.languages |= 1 << parsed.languages.len();
            }
            parsed.languages.push(lang);
        }
        parsed
    }

    /// The languages that a text may be in, by its function words: those with at least two thirds of the likeliest's,
    /// each word counted once. Empty where there are too few to tell; one language only where it is sure.
    fn likely(&self, text: &str) -> Vec<Lang> {
        let mut seen = vec![false; self.words.len()];
        let (mut words, mut counts) = (0, [0; u64::BITS as usize]);
        for word in text.split(|c: char| !c.is_alphabetic() && !is_accent(c)).filter(|word| !word.is_empty())
        {
            words += 1;
            let Some(word) = word_key(word).and_then(|key| self.words.get(&key)) else { continue };
            if !std::mem::replace(&mut seen[word.number], true) {
                count_bits(word.languages, &mut counts);
            }
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        if most < Self::LEAST || most * Self::ONE_IN < words {
            return Vec::new();
        }
        let likely = self.languages.iter().zip(counts).filter(|(_, count)| 3 * count >= 2 * most);
        let likely: Vec<Lang> = likely.map(|(lang, _)| *lang).collect();
        // Nobody is asked about a single language, so it takes more to be one.
        if likely.len() == 1 && most < Self::SURE { Vec::new() } else { likely }
    }
}

fn count_bits(mut bits: u64, counts: &mut [usize; u64::BITS as usize]) {
    while bits != 0 {
        counts[bits.trailing_zeros() as usize] += 1;
        bits &= bits - 1;
    }
}

fn iso_639_1(lang: Lang) -> Option<&'static str> {
    Some(match lang {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "nb",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_language_is_known_by_its_code() {
        let listed = include_str!("function_words.txt").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(FUNCTION_WORDS.languages.len(), listed.count());
        assert!(FUNCTION_WORDS.languages.len() <= u64::BITS as usize);
    }

    #[test]
    fn languages_that_share_words_are_told_apart() {
        for (code, text) in [
            (
                "en",
                "The harbour of the town will be closed until the end of the year, and it is not known who is to pay for the work that has been done on the bridge.",
            ),
            (
                "nl",
                "De haven van de stad blijft tot het einde van het jaar gesloten en het is niet bekend wie er voor het werk aan de brug moet betalen.",
            ),
            (
                "af",
                "Die hawe van die stad bly tot die einde van die jaar gesluit en dit is nie bekend wie vir die werk aan die brug moet betaal nie.",
            ),
            (
                "da",
                "Havnen er lukket indtil udgangen af året, og ingen af dem, der bor i byen, ved, hvem der skal betale for det arbejde, som blev udført af firmaet efter stormen.",
            ),
            (
                "nb",
                "Havnen i byen er stengt ut året, og det er ikke kjent hvem som skal betale for arbeidet som har blitt gjort på broen etter at den ble skadet.",
            ),
            (
                "es",
                "El puerto de la ciudad seguirá cerrado hasta el final del año y no se sabe quién va a pagar por las obras que se han hecho en el puente.",
            ),
            (
                "pt",
                "O porto da cidade vai ficar fechado até ao fim do ano e não se sabe quem vai pagar as obras que foram feitas na ponte pelo município.",
            ),
            (
                "ca",
                "El port de la ciutat restarà tancat fins al final de l'any i no se sap qui pagarà les obres que s'han fet al pont amb els diners dels ciutadans.",
            ),
            (
                "pl",
                "Port w mieście będzie zamknięty do końca roku i nie wiadomo, kto zapłaci za prace, które zostały wykonane na moście przez miasto.",
            ),
            (
                "cs",
                "Přístav ve městě bude uzavřen do konce roku a není jasné, kdo zaplatí za práce, které byly na mostě provedeny, ale město to řeší.",
            ),
            (
                "id",
                "Pelabuhan kota itu akan ditutup hingga akhir tahun dan tidak diketahui siapa yang akan membayar pekerjaan yang telah dilakukan di jembatan itu.",
            ),
            (
                "ru",
                "Порт города останется закрытым до конца года. Неизвестно, кто заплатит за ремонт моста, который был повреждён весной, но жители надеются, что это сделает область, потому что у города нет денег.",
            ),
        ] {
            assert_eq!(language(text), Some(code), "{text}");
        }
    }

    #[test]
    fn a_quotation_in_another_script_does_not_name_the_text() {
        for (code, text) in [
            (
                "ru",
                "Президент компании заявил: «The end of the war is the best of all that we have», после чего журналисты задали вопросы о будущем предприятия и о планах по открытию новых заводов.",
            ),
            (
                "zh",
                "公司首席执行官在发布会上说：“We will change the way that you look at the world.”分析人士认为，新手机的价格高于预期，销售前景仍不明朗，投资者对此反应谨慎，股价在盘后交易中下跌了百分之二，市场对未来一季度的业绩普遍持观望态度。",
            ),
        ] {
            assert_eq!(language(text), Some(code), "{text}");
        }
    }

    #[test]
    fn a_foreign_text_is_not_named_after_a_few_words_it_repeats() {
        let frisian = "De haven fan de stêd bliuwt oan 'e ein fan it jier ticht en it is net bekend wa't foar it wurk oan 'e brêge betelje moat. De boargemaster sei dat de gemeente net genôch jild hat.";
        assert_eq!(language(frisian), None);
        let maori = "Ka kati te wāpu o te tāone tae noa ki te mutunga o te tau, ā, kāore i te mōhiotia ko wai ka utu mō ngā mahi i mahia ki te piriti. I kī te koromatua kāore he moni o te kaunihera.";
        assert_eq!(language(maori), None);
    }

    #[test]
    fn text_without_function_words_is_still_named() {
        let headlines = "Zabytkowe kamienice odzyskują blask\nWypadek ciężarówki sparaliżował śródmieście\nŻużlowcy świętują mistrzostwo";
        assert_eq!(language(headlines), Some("pl"));
    }

    #[test]
    fn what_says_too_little_has_no_language() {
        assert_eq!(language("Home News Sport Weather"), None);
        assert_eq!(language("123 456 789"), None);
    }
}
