//! Phrases are found wherever they may stand, and nowhere else.

use proptest::prelude::*;

use super::*;

fn find(line: &str) -> Hits {
    Cues::built_in().find(&normalised(line))
}

#[test]
fn whole_lines_are_found_in_every_language_and_dress() {
    for (line, kind) in [
        ("Similar Articles", Kind::RelatedHeading),
        ("» READ ALSO:", Kind::RelatedHeading),
        ("Das könnte Sie auch interessieren", Kind::RelatedHeading),
        ("A LIRE AUSSI", Kind::RelatedHeading),
        ("Ещё по теме", Kind::RelatedHeading),
        ("Читайте также:", Kind::RelatedHeading),
        ("Чытайце таксама", Kind::RelatedHeading),
        ("ΔΙΑΒΑΣΤΕ ΕΠΙΣΗΣ", Kind::RelatedHeading),
        ("İLGİLİ HABERLER", Kind::RelatedHeading),
        ("BENZER YAZILAR", Kind::RelatedHeading),
        ("相关阅读", Kind::RelatedHeading),
        ("関連記事", Kind::RelatedHeading),
        ("اقرأ أيضا", Kind::RelatedHeading),
        ("Placeholder canvas", Kind::Placeholder),
        ("Comments (12)", Kind::Comment),
        ("12 Kommentare", Kind::Comment),
        ("Udostępnij", Kind::Share),
        ("← Older posts", Kind::Navigation),
        ("Читать далее →", Kind::ReadMore),
    ] {
        assert!(find(line).whole(kind), "{line} is no {}", kind.name());
    }
}

#[test]
fn beginnings_end_at_a_word() {
    for (line, kind) in [
        ("Publication: Eurasia Daily Monitor Volume: 13 Issue: 5", Kind::Publication),
        ("Photo : AFP", Kind::Caption),
        ("(Photo by Jane Roe)", Kind::Caption),
        ("Фото: Reuters", Kind::Caption),
        ("图：新华社", Kind::Caption),
        ("文/王小明", Kind::Byline),
        ("撰文王小明", Kind::Byline),
        ("By Jane Roe", Kind::Byline),
        ("Category: World", Kind::FieldLabel),
        ("© 2016 Example", Kind::Legal),
        ("More from Jane Roe", Kind::RelatedHeading),
    ] {
        assert!(find(line).start(kind), "{line} does not begin as {}", kind.name());
    }
    assert!(!find("Bystanders saw it").start(Kind::Byline));
    assert!(!find("Photo reports were slow to come").start(Kind::Caption), "a label needs its colon");
    assert!(find("A plain sentence of an article, with nothing to it.").is_empty());
}

#[test]
fn insides_are_sought_in_short_lines_and_at_the_end_of_long_ones() {
    let credit = "The minister in Minsk on Friday (Photo by Jane Roe/Getty Images)";
    assert!(find(credit).inside(Kind::CaptionCredit));
    let words = "one of many words ".repeat(20);
    assert!(find(&format!("{words}{credit}")).inside(Kind::CaptionCredit));
    assert!(!find(&format!("{credit} {words}")).inside(Kind::CaptionCredit));
    assert!(find("Die Ministerin (Foto: dpa)").inside(Kind::CaptionCredit));
}

#[test]
fn every_phrase_is_found_as_its_file_says() {
    for &kind in Kind::ALL {
        for (language, written) in parse(kind.phrases()) {
            let phrase = normalised(written.trim_matches('*'));
            let hits = Cues::built_in().find(&phrase);
            assert!(hits.has(kind), "{}: {language}: {written} is never found", kind.name());
            if written.ends_with('*') && !written.starts_with('*') {
                let more = Cues::built_in().find(&format!("{phrase} 7"));
                assert!(
                    more.start(kind),
                    "{}: {language}: {written} is too long to begin a line",
                    kind.name()
                );
            }
        }
    }
}

#[test]
fn fields_are_told_by_their_shape() {
    for label in ["Category status:", "Теги:", "分类：", "Κατηγορία :"] {
        assert!(field_label_only(label), "{label}");
    }
    for text in ["He said the following words to them:", "Publication: Monitor", "12:", "Category", ":"] {
        assert!(!field_label_only(text), "{text}");
    }
    assert_eq!(labelled_fields("Publication: Eurasia Daily Monitor Volume: 13 Issue: 5"), 3);
    assert_eq!(labelled_fields("作者：王小明 来源：新华社"), 2);
    assert_eq!(labelled_fields("At 19:38 see https://example.org"), 0);
    assert_eq!(labelled_fields("Category status:"), 0);
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,300}") {
        let _ = (Cues::built_in().find(&text), field_label_only(&text), labelled_fields(&text));
    }
}
