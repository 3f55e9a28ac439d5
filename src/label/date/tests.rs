//! Dates of many languages and scripts, and what only looks like one.

use proptest::prelude::*;

use super::*;

fn iso(text: &str) -> Option<String> {
    find(text).map(|found| found.iso)
}

#[test]
fn date_lines_of_many_languages_become_iso() {
    for (text, expected) in [
        ("April 22, 2016 19:38", "2016-04-22T19:38"),
        ("22 апреля 2016, 18:34", "2016-04-22T18:34"),
        ("22 апреля 2016 г.", "2016-04-22"),
        ("18:34, 22 апреля 2016", "2016-04-22T18:34"),
        ("22 АПРЕЛЯ 2016", "2016-04-22"),
        ("Опубликовано: 22.04.2016 в 18:34", "2016-04-22T18:34"),
        ("22 квітня 2016 р., 18:34", "2016-04-22T18:34"),
        ("П’ятниця, 22 квітня 2016", "2016-04-22"),
        ("5 лютого 2016", "2016-02-05"),
        ("22 красавіка 2016", "2016-04-22"),
        ("1 траўня 2016 г.", "2016-05-01"),
        ("3 жніўня 2016, 09:05", "2016-08-03T09:05"),
        ("22 kwietnia 2016 r.", "2016-04-22"),
        ("piątek, 22 kwietnia 2016, godz. 19:38", "2016-04-22T19:38"),
        ("Opublikowano: 3 października 2016", "2016-10-03"),
        ("22. April 2016 um 19:38 Uhr", "2016-04-22T19:38"),
        ("Freitag, 22. März 2013, 19.38 Uhr", "2013-03-22T19:38"),
        ("Stand: 22.04.2016 19:38 Uhr", "2016-04-22T19:38"),
        ("22 avril 2016 à 19h38", "2016-04-22T19:38"),
        ("Publié le 1er avril 2016", "2016-04-01"),
        ("Mis à jour le 15/08/2016 à 07:05", "2016-08-15T07:05"),
        ("22 FEVRIER 2016", "2016-02-22"),
        ("22 de abril de 2016", "2016-04-22"),
        ("viernes, 22 de abril de 2016, 19:38 h", "2016-04-22T19:38"),
        ("abril 22 de 2016", "2016-04-22"),
        ("22 de março de 2016 às 19h38", "2016-03-22T19:38"),
        ("sexta-feira, 1º de abril de 2016", "2016-04-01"),
        ("venerdì 22 aprile 2016 alle 19:38", "2016-04-22T19:38"),
        ("22 aprile 2016, ore 19.38", "2016-04-22T19:38"),
        ("vrijdag 22 april 2016", "2016-04-22"),
        ("22. dubna 2016", "2016-04-22"),
        ("den 22 april 2016 kl. 19.38", "2016-04-22T19:38"),
        ("Παρασκευή, 22 Απριλίου 2016", "2016-04-22"),
        ("ΠΑΡΑΣΚΕΥΗ 22 ΑΠΡΙΛΙΟΥ 2016", "2016-04-22"),
        ("22 Μαΐου 2016, 19:38", "2016-05-22T19:38"),
        ("22 Nisan 2016 Cuma", "2016-04-22"),
        ("22 KASIM 2016 SALI, 19:38", "2016-11-22T19:38"),
        ("5 Şubat 2016", "2016-02-05"),
        ("2016年4月22日 19:38", "2016-04-22T19:38"),
        ("2016年4月22日（金）午後7時38分", "2016-04-22T19:38"),
        ("发布时间：2016年04月22日 星期五 下午 7:38", "2016-04-22T19:38"),
        ("平成28年4月22日", "2016-04-22"),
        ("令和元年5月1日", "2019-05-01"),
        ("中華民國105年4月22日", "2016-04-22"),
        ("２０１６年４月２２日", "2016-04-22"),
        ("2016년 4월 22일 금요일", "2016-04-22"),
        ("입력 2016.04.22 19:38", "2016-04-22T19:38"),
        ("2016. 4. 22. 오후 7:38", "2016-04-22T19:38"),
        ("٢٢ أبريل ٢٠١٦", "2016-04-22"),
        ("الجمعة 22 نيسان 2016", "2016-04-22"),
        ("10 كانون الثاني 2016", "2016-01-10"),
        ("22/04/2016", "2016-04-22"),
        ("04/22/2016", "2016-04-22"),
        ("04/05/2016", "2016-05-04"),
        ("22.04.16", "2016-04-22"),
        ("22. 4. 2016", "2016-04-22"),
        ("22-04-2016", "2016-04-22"),
        ("22/04/71", "1971-04-22"),
        ("2016/04/22", "2016-04-22"),
        ("2016-04-22T19:38:00+02:00", "2016-04-22T19:38:00+02:00"),
        ("2016-04-22T19:38:05.123Z", "2016-04-22T19:38:05Z"),
        ("2016-04-22 19:38:05 -0500", "2016-04-22T19:38:05-05:00"),
        ("Fri, 22 Apr 2016 19:38 GMT", "2016-04-22T19:38Z"),
        ("22 Apr 2016 19:38 UTC+3", "2016-04-22T19:38+03:00"),
        ("[22/Apr/2016:19:38:05 +0200]", "2016-04-22T19:38:05+02:00"),
        ("Apr 22nd 2016 at 7:38 PM", "2016-04-22T19:38"),
        ("Apr. 22, 2016, 12:05 a.m.", "2016-04-22T00:05"),
        ("12:38 pm, April 22 2016", "2016-04-22T12:38"),
        ("22nd of April, 2016", "2016-04-22"),
        ("22-Apr-16", "2016-04-22"),
        ("Posted on Friday, April 22, 2016 | Updated: April 23, 2016", "2016-04-22"),
        ("Published 22 April 2016 10:00-12:00", "2016-04-22T10:00"),
        ("19:38 EST, 22 April 2016", "2016-04-22T19:38"),
        ("Sept. 5, 2016", "2016-09-05"),
        ("29 February 2016", "2016-02-29"),
        ("April 2016", "2016-04"),
        ("kwiecień 2016", "2016-04"),
        ("2016年4月", "2016-04"),
        ("2016-04", "2016-04"),
    ] {
        let found = find(text);
        assert_eq!(found.as_ref().map(|f| f.iso.as_str()), Some(expected), "{text}");
        let share = found.map_or(0.0, |f| f.share_of_line);
        assert!(share >= 0.7, "{text}: {share}");
    }
}

#[test]
fn what_is_no_date_stays_out() {
    for text in [
        "April",
        "April 22",
        "22:15",
        "Score 3-2 after 90 minutes",
        "+48 22 123 45 67",
        "555-12-2016-33",
        "Version 1.2.3",
        "Released as 10.12.16 for all of the supported systems",
        "192.168.20.16",
        "$1,299.00",
        "31 February 2016",
        "31.02.2016",
        "31.12.",
        "22 April 1620",
        "the 2010-11 season",
        "Work carried out 2016 times on the bridges of the city",
        "ISBN 978-3-16-148410-0",
        "100 years",
        "",
    ] {
        assert_eq!(iso(text), None, "{text}");
    }
    assert_eq!(
        iso(&format!("22 April 2016 {}", "and so on ".repeat(12))),
        None,
        "a paragraph is no date line"
    );
}

#[test]
fn a_sentence_with_a_date_is_told_from_a_date_line() {
    let text = "The treaty was signed on 22 April 2016 by the ministers of both countries";
    let found = find(text).expect("a date");
    assert_eq!(&text[found.span], "22 April 2016");
    assert!(found.share_of_line < 0.4, "{}", found.share_of_line);
    assert_eq!(find("04/05/2016").map(|f| f.precision), Some(Precision::Day));
    assert_eq!(find_in("04/05/2016", false).map(|f| f.iso), Some("2016-04-05".to_owned()));
}

#[test]
fn relative_times_are_told() {
    for text in [
        "3 hours ago",
        "Updated an hour ago",
        "vor 3 Stunden",
        "il y a 3 heures",
        "hace 2 días",
        "3 ore fa",
        "há 3 horas",
        "3 godziny temu",
        "3 часа назад",
        "вчера, 19:38",
        "3 години тому",
        "Учора, 19:38",
        "πριν από 3 ώρες",
        "3 saat önce",
        "3小时前",
        "3時間前",
        "منذ 3 ساعات",
        "3시간 전",
        "Yesterday",
    ] {
        assert!(is_relative(text), "{text}");
        assert_eq!(iso(text), None, "{text}");
    }
    for text in ["22 April 2016", "Today the ministers met", "3 minutes", "vor dem Haus", ""] {
        assert!(!is_relative(text), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,130}") {
        if let Some(found) = find(&text) {
            prop_assert!(text.get(found.span).is_some());
            prop_assert!((0.0..=1.0).contains(&found.share_of_line));
        }
        let _ = is_relative(&text);
    }

    #[test]
    fn rows_of_date_parts_are_survived(parts in prop::collection::vec(
        prop::sample::select(vec!["2016", "22", "4", "年", "月", "日", "April", "de", ".", ",", "-", "/", ":", " ", "T", "Z", "+", "h",
            "pm", "平成", "元", "st", "uhr", "'"]), 0..9))
    {
        let text = parts.concat();
        if let Some(found) = find(&text) {
            prop_assert!(text.get(found.span).is_some());
        }
    }

    #[test]
    fn a_day_is_read_back(year in 1900i16..=2100, month in 1i8..=12, day in 1i8..=28) {
        let expected = Some(format!("{year:04}-{month:02}-{day:02}"));
        prop_assert_eq!(iso(&format!("{year}-{month:02}-{day:02}")), expected.clone());
        prop_assert_eq!(iso(&format!("{day}.{month}.{year}")), expected.clone());
        prop_assert_eq!(iso(&format!("{year}年{month}月{day}日")), expected);
    }
}
